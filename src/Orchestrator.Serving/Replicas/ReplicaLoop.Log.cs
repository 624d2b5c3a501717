using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Serving.Replicas;

internal static partial class ReplicaLog
{
    [LoggerMessage(EventId = 2001, EventName = "ReplicaUnreachable", Level = LogLevel.Warning, Message = "replica {Replica} at {Address} failed: {Error}; its batch goes back to the queue, it gets no other until it is ready")]
    public static partial void ReplicaUnreachable(this ILogger logger, ReplicaId replica, ContainerAddress address, string? error);

    [LoggerMessage(EventId = 2002, EventName = "BatchFailed", Level = LogLevel.Information, Message = "a batch of {Items} requests ({Rows} rows) failed in replica {Replica}: {Error}")]
    public static partial void BatchFailed(this ILogger logger, ReplicaId replica, int items, int rows, string? error);

    [LoggerMessage(EventId = 2003, EventName = "LoopFailed", Level = LogLevel.Error, Message = "unexpected error in the loop of replica {Replica}; its batch was answered with a failure, the loop goes on")]
    public static partial void LoopFailed(this ILogger logger, Exception error, ReplicaId replica);

    [LoggerMessage(EventId = 2004, EventName = "RecheckFailed", Level = LogLevel.Error, Message = "unexpected error while asking whether replica {Replica} is ready again; it counts as not ready, and is asked again")]
    public static partial void RecheckFailed(this ILogger logger, Exception error, ReplicaId replica);
}
