using System.Diagnostics.Metrics;

namespace Orchestrator.Host.Gateway;

/// <summary>Instruments of the gateway role.</summary>
internal sealed class GatewayMetrics
{
    private readonly Counter<long> _repeats;
    private readonly Counter<long> _failures;

    public GatewayMetrics(IMeterFactory meters, FrontendHealth health)
    {
        var meter = meters.Create("Orchestrator.Gateway");
        _repeats = meter.CreateCounter<long>("orchestrator.gateway.repeats", "{request}", "Requests sent to another frontend, by what became of the attempt before: not_sent, broke.");
        _failures = meter.CreateCounter<long>("orchestrator.gateway.failures", "{request}", "Requests that no frontend answered, by reason: none_ready, not_sent, broke, silent, client.");
        meter.CreateObservableGauge(
            "orchestrator.gateway.frontend.ready",
            () => health.Ready.Select(r => new Measurement<int>(r.IsReady ? 1 : 0, new KeyValuePair<string, object?>("frontend", r.Frontend))),
            "1",
            "1 while a frontend gets requests.");
    }

    public void Repeated(string reason) => _repeats.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Failed(string reason) => _failures.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
