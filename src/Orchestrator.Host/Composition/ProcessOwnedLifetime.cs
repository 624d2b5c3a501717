namespace Orchestrator.Host.Composition;

/// <summary>Signals are the process's business: web applications in it are stopped in order by the host that owns them, not each on its own.</summary>
internal sealed class ProcessOwnedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
