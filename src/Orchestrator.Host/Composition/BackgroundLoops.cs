namespace Orchestrator.Host.Composition;

/// <summary>Knows every background loop of the process, for the health check: a loop that died is found even if nothing else notices.</summary>
internal sealed class BackgroundLoops(IServiceProvider services)
{
    /// <summary>Name of a loop that has ended, or null while all run.</summary>
    public string? FindEnded() =>
        services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(s => s.ExecuteTask is { IsCompleted: true })?.GetType().Name;
}
