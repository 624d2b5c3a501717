using Microsoft.Extensions.Hosting;
using Orchestrator.Control.Desired;
using Orchestrator.Control.Reconciliation;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control;

/// <summary>
/// The control plane of this process. Changes go into the registry as desired state; the reconciler, which the host starts and stops through this type, brings
/// containers and frontends there. Thread-safe.
/// </summary>
public sealed class ControlPlane : IControlPlane, IHostedService
{
    private readonly ControlPorts _ports;
    private readonly DesiredStateWriter _writer;
    private readonly Reconciler _reconciler;
    private readonly ReconcilerLoop _loop;
    private readonly LogMerger _logs;

    internal ControlPlane(ControlPorts ports, ClusterCheck validate, Reconciler reconciler, ReconcilerLoop loop)
    {
        (_ports, _reconciler, _loop) = (ports, reconciler, loop);
        _writer = new DesiredStateWriter(ports.Registry, validate, ports.Runtime.Name);
        _logs = new LogMerger(ports.Runtime, reconciler.Board);
    }

    /// <summary>Desired against observed, as of the reconciler's last pass; never settled before a pass has seen what was last written through this type.</summary>
    public ClusterStatus Status
    {
        get
        {
            // Read before the board: a write in between then only makes the answer more careful.
            var written = _writer.LastWritten;
            var status = _reconciler.Board.Status;
            return status.Revision < written ? status with { Settled = false } : status;
        }
    }

    /// <summary>False while the reconciler cannot do its work (its passes throw, or its loop is dead): readiness must fail. <see cref="Problem"/> says why.</summary>
    public bool IsHealthy => _loop.IsHealthy;

    /// <summary>What is wrong beyond single models, for people; null: nothing.</summary>
    public string? Problem => _reconciler.Problems.Text;

    /// <inheritdoc/>
    public Task<ChangeOutcome> ApplyAsync(ClusterSpec desired, ApplyMode mode, CancellationToken cancellationToken) =>
        _writer.ApplyAsync(desired, mode, cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> PreviewAsync(ClusterSpec desired, ApplyMode mode, IReadOnlySet<string> willUpload, CancellationToken cancellationToken) =>
        _writer.PreviewAsync(desired, mode, willUpload, cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> DeployAsync(string model, DeployRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.Deploy(now, model, request), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> RollbackAsync(string model, string? version, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.Rollback(now, model, version), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> ScaleAsync(ModelVersionId id, int replicas, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.Scale(now, id, replicas), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> RemoveModelAsync(string model, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.RemoveModel(now, model), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> RemoveVersionAsync(ModelVersionId id, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.RemoveVersion(now, id), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> PutApplicationAsync(ApplicationSpec application, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.PutApplication(now, application), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeOutcome> RemoveApplicationAsync(string application, CancellationToken cancellationToken) =>
        ChangeAsync(now => SpecEdits.RemoveApplication(now, application), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<(long Revision, ClusterSpec Desired)> ReadDesiredAsync(CancellationToken cancellationToken)
    {
        var snapshot = await _ports.Registry.ReadAsync(cancellationToken);
        return (snapshot.Revision, snapshot.Desired);
    }

    /// <inheritdoc/>
    public Task WaitForStatusChangeAsync(CancellationToken cancellationToken) => _reconciler.Board.NextAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ClusterEvent> WatchEventsAsync(long since, CancellationToken cancellationToken) =>
        _reconciler.Events.WatchAsync(since, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ContainerLogLine>? ReadLogs(ModelVersionId id, string? instance, int tail, bool follow, CancellationToken cancellationToken)
    {
        var known = Status.Models.Any(m => m.Name == id.Model && m.Versions.Any(v => v.Spec.Version == id.Version))
            || _reconciler.Board.LogSources.Any(s => s.Id.ModelVersion == id);
        return known ? _logs.ReadAsync(id, instance, tail, follow, cancellationToken) : null;
    }

    /// <summary>Starts the reconciler; returns at once.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop.Start();
        return Task.CompletedTask;
    }

    /// <summary>Ends the reconciler and then all containers, which finish what they compute within <see cref="ControlOptions.StopGrace"/>. Stop the frontends first.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _loop.StopAsync(cancellationToken);

    private Task<ChangeOutcome> ChangeAsync(Func<Core.Registry.RegistrySnapshot, EditOutcome> edit, CancellationToken cancellationToken) =>
        _writer.ChangeAsync(edit, cancellationToken);
}
