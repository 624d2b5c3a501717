using Orchestrator.Host.Options;

namespace Orchestrator.Host.Composition;

/// <summary>Says once at start with which options the process runs.</summary>
internal sealed partial class OptionsLog(HostOptions options, ILogger<OptionsLog> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Log.Effective(logger, options.QueryHost, options.QueryPort, options.AdminHost, options.AdminPort, options.StateDirectory, options.Runtime, options.ContainersDirectory,
            options.MaxBodyBytes, options.CacheMib, options.DrainTimeout, options.MetricsGrace, options.Redis ?? "none");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message =
            "Options: query {QueryHost}:{QueryPort}, admin {AdminHost}:{AdminPort}, state {State}, runtime {Runtime}, containers {Containers}, max body {MaxBodyBytes} bytes, cache {CacheMib} MiB, drain timeout {Drain}, metrics grace {Grace}, Redis {Redis}")]
        public static partial void Effective(
            ILogger logger, string queryHost, int queryPort, string adminHost, int adminPort, string state, string runtime, string containers, int maxBodyBytes, int cacheMib, TimeSpan drain, TimeSpan grace, string redis);
    }
}
