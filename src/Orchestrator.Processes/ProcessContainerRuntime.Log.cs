using Microsoft.Extensions.Logging;
using Orchestrator.Core;

namespace Orchestrator.Processes;

public sealed partial class ProcessContainerRuntime
{
    private static partial class Log
    {
        [LoggerMessage(EventId = 6001, EventName = "ContainerStarted", Level = LogLevel.Information, Message = "{Replica}: process {Pid} on port {Port}, {Program}")]
        public static partial void Started(ILogger logger, ReplicaId replica, int pid, int port, string program);

        [LoggerMessage(EventId = 6002, EventName = "ContainerEnded", Level = LogLevel.Information, Message = "{Replica}: process {Pid} ended: {Reason}")]
        public static partial void Ended(ILogger logger, ReplicaId replica, int pid, string reason);

        [LoggerMessage(EventId = 6003, EventName = "LeftoversEnded", Level = LogLevel.Warning, Message = "Ended {Count} processes that a former run left behind")]
        public static partial void LeftoversEnded(ILogger logger, int count);

        [LoggerMessage(EventId = 6004, EventName = "ProcessesStuck", Level = LogLevel.Error, Message = "{Replica}: the kernel does not end processes {Pids}; they may hold memory or devices until it does")]
        public static partial void Stuck(ILogger logger, object replica, IReadOnlyList<int> pids);

        [LoggerMessage(EventId = 6006, EventName = "ContainerNotFollowed", Level = LogLevel.Error, Message = "{Replica}: the end of process {Pid} cannot be followed")]
        public static partial void NotFollowed(ILogger logger, Exception exception, ReplicaId replica, int pid);

        [LoggerMessage(EventId = 6007, EventName = "ContainerNotLogged", Level = LogLevel.Warning, Message = "{Replica}: its log file cannot be written any more, its newest lines are kept in memory alone: {Reason}")]
        public static partial void NotLogged(ILogger logger, ReplicaId replica, string reason);

        [LoggerMessage(EventId = 6005, EventName = "RuntimeShortcoming", Level = LogLevel.Warning, Message = "{Shortcoming}")]
        public static partial void Shortcoming(ILogger logger, string shortcoming);
    }
}
