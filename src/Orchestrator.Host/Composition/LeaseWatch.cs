using Orchestrator.Core.Registry;

namespace Orchestrator.Host.Composition;

/// <summary>Ends the process when another one became the control plane: what serves here is of a state that is over. Its supervisor starts it anew, to stand by.</summary>
internal sealed class LeaseWatch(IControlLease lease, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lease.Lost.WaitAsync(stoppingToken);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends for another reason.
        }
    }
}
