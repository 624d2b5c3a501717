using Microsoft.Extensions.Logging;

namespace Orchestrator.Control.Reconciliation;

internal sealed partial class Reconciler
{
    private static partial class Log
    {
        [LoggerMessage(EventId = 3001, EventName = "RegistryUnreadable", Level = LogLevel.Error, Message = "The registry cannot be read; what was last read stays wanted")]
        public static partial void RegistryUnreadable(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3002, EventName = "ObservedNotStored", Level = LogLevel.Error, Message = "What was reached cannot be stored; serving goes on")]
        public static partial void ObservedNotStored(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3003, EventName = "NotPublished", Level = LogLevel.Error, Message = "The serving snapshot cannot be published; frontends go on as they are")]
        public static partial void NotPublished(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3004, EventName = "RolloutFailed", Level = LogLevel.Error, Message = "The rollout of model {Model} failed: {Reason}")]
        public static partial void RolloutFailed(ILogger logger, string model, string reason);

        [LoggerMessage(EventId = 3005, EventName = "Swapped", Level = LogLevel.Information, Message = "Model {Model}: version {Version} serves instead of {Former}")]
        public static partial void Swapped(ILogger logger, string model, string version, string former);
    }
}
