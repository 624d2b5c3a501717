using Microsoft.Extensions.Hosting;

namespace Orchestrator.Redis.Frontends;

/// <summary>Says that this frontend is gone once it is: it stops after whatever answers requests, and a swap need not wait for its lease.</summary>
internal sealed class FrontendLeaving(RedisFrontendReports reports) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => reports.LeaveAsync();
}
