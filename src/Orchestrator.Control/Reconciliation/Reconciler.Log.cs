using Microsoft.Extensions.Logging;

namespace Orchestrator.Control.Reconciliation;

internal sealed partial class Reconciler
{
    private void TellUnreadable(string reason)
    {
        if (Problems.Set("registry read", $"the registry cannot be read ({reason}); what was last read stays wanted"))
        {
            Log.RegistryUnreadable(_logger, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3001, EventName = "RegistryUnreadable", Level = LogLevel.Error, Message = "The registry cannot be read ({Reason}); what was last read stays wanted")]
        public static partial void RegistryUnreadable(ILogger logger, string reason);

        [LoggerMessage(EventId = 3002, EventName = "NotPublished", Level = LogLevel.Error, Message = "The serving snapshot cannot be published; frontends go on as they are")]
        public static partial void NotPublished(ILogger logger, Exception exception);
    }
}
