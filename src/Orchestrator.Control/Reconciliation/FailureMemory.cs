using Orchestrator.Control.Replicas;
using Orchestrator.Core;

namespace Orchestrator.Control.Reconciliation;

/// <summary>What is remembered of dead replicas: per place for the back-off, per version for the rollout.</summary>
internal sealed class FailureMemory(LoopClock clock, ControlOptions options)
{
    /// <summary>A container that refused its start with one of these can never work as it is launched (docs/container-contract.md).</summary>
    private static readonly int[] RefusalExitCodes = [2, 3];

    private static readonly Dictionary<(string, int), RestartHistory> NoSlots = [];
    private static readonly Dictionary<string, VersionHistory> NoVersions = [];

    private readonly Dictionary<string, Dictionary<(string Version, int Slot), RestartHistory>> _slots = [];
    private readonly Dictionary<string, Dictionary<string, VersionHistory>> _versions = [];

    /// <summary>A copy: views must not change under a policy.</summary>
    public IReadOnlyDictionary<(string Version, int Slot), RestartHistory> SlotsOf(string model) =>
        _slots.TryGetValue(model, out var slots) ? new Dictionary<(string, int), RestartHistory>(slots) : NoSlots;

    /// <summary>A copy as well.</summary>
    public IReadOnlyDictionary<string, VersionHistory> VersionsOf(string model) =>
        _versions.TryGetValue(model, out var versions) ? new Dictionary<string, VersionHistory>(versions) : NoVersions;

    public VersionHistory? Of(ModelVersionId id) => _versions.GetValueOrDefault(id.Model)?.GetValueOrDefault(id.Version);

    public int RestartsOf(ModelVersionId id, int slot) => _slots.GetValueOrDefault(id.Model)?.GetValueOrDefault((id.Version, slot)).Restarts ?? 0;

    /// <summary>Why the last replica in a place ended; null: none did.</summary>
    public string? LastReasonOf(ModelVersionId id, int slot) => _slots.GetValueOrDefault(id.Model)?.GetValueOrDefault((id.Version, slot)).LastReason;

    public void Note(Replica replica, TimeSpan readyFor, string reason, int? exitCode)
    {
        var (model, version) = replica.Id.ModelVersion;
        var slots = GetOrAdd(_slots, model);
        var before = slots.GetValueOrDefault((version, replica.Slot));
        slots[(version, replica.Slot)] = before.AfterFailure(clock.Now, readyFor, options) with { Restarts = before.Restarts + 1, LastReason = reason };
        var versions = GetOrAdd(_versions, model);
        var history = versions.GetValueOrDefault(version) ?? new VersionHistory(0, 0, reason);
        versions[version] = history with { Failures = history.Failures + 1, LastReason = reason };
        NoteExit(replica, reason, exitCode);
    }

    /// <summary>The exit of a replica whose failure was noted already explains it better.</summary>
    public void NoteExit(Replica replica, string reason, int? exitCode)
    {
        var id = replica.Id.ModelVersion;
        if (_slots.GetValueOrDefault(id.Model) is { } slots && slots.TryGetValue((id.Version, replica.Slot), out var slot))
        {
            slots[(id.Version, replica.Slot)] = slot with { LastReason = reason };
        }

        if (Of(id) is { } history)
        {
            var refused = exitCode is { } code && RefusalExitCodes.Contains(code);
            _versions[id.Model][id.Version] = history with { Refusals = history.Refusals + (refused ? 1 : 0), LastReason = reason };
        }
    }

    /// <summary>A replica of the version is Ready: it can work.</summary>
    public void NoteReady(ModelVersionId id) => _versions.GetValueOrDefault(id.Model)?.Remove(id.Version);

    /// <summary>The spec changed: what failed before says nothing about it. The count of restarts stays, it is only shown.</summary>
    public void Reset(string model)
    {
        _versions.Remove(model);
        if (_slots.TryGetValue(model, out var slots))
        {
            _slots[model] = slots.ToDictionary(s => s.Key, s => s.Value with { Failures = 0 });
        }
    }

    public void Forget(string model)
    {
        _versions.Remove(model);
        _slots.Remove(model);
    }

    private static TValue GetOrAdd<TValue>(Dictionary<string, TValue> all, string key) where TValue : new()
    {
        if (!all.TryGetValue(key, out var value))
        {
            all.Add(key, value = new TValue());
        }

        return value;
    }
}
