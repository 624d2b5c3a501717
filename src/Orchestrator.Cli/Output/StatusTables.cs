using System.Globalization;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;

namespace Orchestrator.Cli.Output;

/// <summary>The cluster's status as tables.</summary>
internal static class StatusTables
{
    private const string Serving = "serving";
    private const string Nothing = "-";
    private const int ShownIdLength = 12;

    /// <summary>One row per version that is live or serving; a version that rests has a row only with <paramref name="all"/>.</summary>
    public static TextTable Models(IEnumerable<ModelStatus> models, bool all = false)
    {
        var table = new TextTable("model", "version", "serving", "replicas", "phase", "restarts", "batch", "p99", "in flight", "reason") { HasNote = true, RowName = row => row[0].Text };
        foreach (var model in models)
        {
            foreach (var version in model.Versions.Where(v => all || IsShown(model, v)))
            {
                AddVersion(table, model, version);
            }
        }

        return table;
    }

    public static TextTable Applications(IEnumerable<ApplicationStatus> applications)
    {
        var table = new TextTable("application", "slo", "models", "default", "state");
        foreach (var application in applications)
        {
            var spec = application.Spec;
            var slo = string.Create(CultureInfo.InvariantCulture, $"{Durations.Format(spec.Slo.Latency)} p{spec.Slo.Percentile}");
            table.Add(
                spec.Name, slo, string.Join(", ", spec.Selection.Targets.Select(t => Describe(t, spec.Selection.Targets.Count > 1))),
                spec.DefaultOutput?.GetRawText() ?? Nothing,
                application.Available ? new Cell("available", CellTone.Good) : new Cell("unavailable", CellTone.Bad));
        }

        return table;
    }

    /// <summary>The replicas of one model.</summary>
    public static TextTable Replicas(ModelStatus model)
    {
        var table = new TextTable("version", "replica", "phase", "address", "restarts", "batch limit", "batches", "rows", "failures", "reason") { HasNote = true, RowName = row => row[1].Text };
        foreach (var version in model.Versions)
        {
            foreach (var replica in version.Replicas)
            {
                table.Add(
                    version.Spec.Version, replica.Instance, new Cell(replica.Phase.ToString(), ToneOf(replica.Phase)), replica.Address ?? Nothing, Number(replica.Restarts),
                    replica.Report is { } report ? Number(report.BatchLimit) : Nothing, Number(replica.Report?.Batches ?? 0), Number(replica.Report?.Rows ?? 0),
                    Number(replica.Report?.ConsecutiveFailures ?? 0), ReasonOf(replica));
            }
        }

        return table;
    }

    // One that is ready has no reason, but its last batches may have failed for one.
    private static string ReasonOf(ReplicaStatus replica) =>
        replica.Reason ?? (replica.Report is { ConsecutiveFailures: > 0 } failing ? failing.LastFailure : null) ?? "";

    /// <summary>The containers of all models: what each is made of, uses, and why the one before it ended.</summary>
    public static TextTable Containers(IEnumerable<ModelStatus> models)
    {
        var table = new TextTable("model", "replica", "phase", "image", "container", "cpu", "memory", "restarts", "last exit") { HasNote = true };
        foreach (var (model, version, replica) in models.SelectMany(m => m.Versions.SelectMany(v => v.Replicas.Select(r => (m, v, r)))))
        {
            table.Add(
                $"{model.Name}:{version.Spec.Version}", replica.Instance, new Cell(Phase(replica), ToneOf(replica.Phase)), replica.Image ?? Nothing, ShortId(replica.ContainerId),
                replica.Cpus is { } cpus ? string.Create(CultureInfo.InvariantCulture, $"{cpus * 100:0} %") : Nothing, Memory(replica), Number(replica.Restarts), replica.LastExit ?? "");
        }

        return table;
    }

    // Between two restarts, when the next one is.
    private static string Phase(ReplicaStatus replica) => replica.NextAttempt is { } next
        ? string.Create(CultureInfo.InvariantCulture, $"{replica.Phase} until {next.ToLocalTime():HH:mm:ss}")
        : replica.Phase.ToString();

    /// <summary>Latency by batch size. The replicas of a version share one profile.</summary>
    public static TextTable Profile(IEnumerable<ReplicaReport> reports)
    {
        var table = new TextTable("rows up to", "batches", "p50", "p99");
        foreach (var bucket in reports.Select(r => r.Profile).MaxBy(p => p.Sum(b => b.Samples)) ?? [])
        {
            table.Add(Number(bucket.Rows), Number(bucket.Samples), Sizes.Format(bucket.P50), Sizes.Format(bucket.P99));
        }

        return table;
    }

    // As docker ps writes it, which takes it back everywhere.
    private static string ShortId(string? id) => id is null ? Nothing : id.Length > ShownIdLength ? id[..ShownIdLength] : id;

    private static string Memory(ReplicaStatus replica) => replica.MemoryBytes is not { } held
        ? Nothing
        : Sizes.Format(held) + (replica.MemoryLimitBytes is { } limit ? $" of {Sizes.Format(limit)}" : "");

    private static bool IsShown(ModelStatus model, VersionStatus version) =>
        version.Live || version.Replicas.Any(r => r.Phase is not (ReplicaPhase.Failed or ReplicaPhase.Stopped)) || version.Spec.Version == model.ServingVersion || version.Spec.Version == model.CurrentVersion;

    private static void AddVersion(TextTable table, ModelStatus model, VersionStatus version)
    {
        var isServing = version.Spec.Version == model.ServingVersion;
        var isCurrent = version.Spec.Version == model.CurrentVersion;
        var ready = version.Replicas.Count(r => r.Phase == ReplicaPhase.Ready);
        var wanted = version.Live ? version.Spec.Replicas : 0;
        var reports = version.Replicas.Select(r => r.Report).OfType<ReplicaReport>().ToList();
        // Of one that was replaced meanwhile only its last exit is still of interest.
        var replicaReason = ready >= wanted ? null : version.Replicas.Where(r => r.Phase is ReplicaPhase.Failed or ReplicaPhase.Pending).Select(r => r.Reason).FirstOrDefault(r => r is not null);
        table.Add(
            model.Name,
            version.Spec.Version,
            ServingCell(isServing, isCurrent, ready),
            new Cell($"{ready}/{wanted}", ready >= wanted ? CellTone.Plain : CellTone.Busy),
            Phases(version),
            Number(Restarts(version.Replicas)),
            reports.Count == 0 ? Nothing : Number(reports.Max(r => r.BatchLimit)),
            P99(reports),
            Number(reports.Sum(r => r.InFlight)),
            (isCurrent ? model.Reason : null) ?? replicaReason ?? Warnings(version).FirstOrDefault() ?? "");
    }

    // Requests go to it; without a replica nobody answers them.
    private static Cell ServingCell(bool isServing, bool isCurrent, int ready) => (isServing, isCurrent) switch
    {
        (true, _) => ready > 0 ? new Cell("yes", CellTone.Good) : new Cell("not now", CellTone.Bad),
        (_, true) => new Cell("not yet", CellTone.Busy),
        _ => new Cell("no", CellTone.Quiet),
    };

    /// <summary>What the container says against its model, such as another library than it was saved with.</summary>
    internal static IEnumerable<string> Warnings(VersionStatus version) => (version.Signature?.Warnings ?? []).Select(w => $"warning: {w}");

    // A replacement counts its predecessors; a failed one that is still listed for its reason would count them twice.
    private static int Restarts(IReadOnlyList<ReplicaStatus> replicas)
    {
        var running = replicas.Where(r => r.Phase != ReplicaPhase.Failed).ToList();
        return (running.Count > 0 ? running : replicas).Sum(r => r.Restarts);
    }

    // A failed replica stays listed for its reason; beside running ones it is not the version's phase.
    private static Cell Phases(VersionStatus version)
    {
        var phases = version.Replicas.Select(r => r.Phase).ToList();
        if (phases.Any(p => p != ReplicaPhase.Failed))
        {
            phases.RemoveAll(p => p == ReplicaPhase.Failed);
        }

        var text = string.Join(", ", phases.Distinct().Order().Select(p => p.ToString()));
        return text.Length == 0 ? new Cell(version.Live ? nameof(ReplicaPhase.Pending) : "resting", CellTone.Quiet) : new Cell(text, ToneOf(phases.Min()));
    }

    // Of the batch size that is used most: the sizes around it would only blur what a request sees. Before the first call the profile is the warm-up's, which is slow by nature.
    private static string P99(List<ReplicaReport> reports)
    {
        var bucket = reports.Where(r => r.Batches > 0).SelectMany(r => r.Profile).MaxBy(b => b.Samples);
        return bucket is { Samples: > 0 } ? Sizes.Format(bucket.P99) : Nothing;
    }

    private static string Describe(Core.Cluster.SelectionTarget target, bool withWeight) =>
        target.Model + (target.Version is null ? "" : ":" + target.Version) + (withWeight ? string.Create(CultureInfo.InvariantCulture, $"={target.Weight}") : "");

    internal static CellTone ToneOf(ReplicaPhase phase) => phase switch
    {
        ReplicaPhase.Ready => CellTone.Good,
        ReplicaPhase.Failed => CellTone.Bad,
        ReplicaPhase.Stopped or ReplicaPhase.Draining => CellTone.Quiet,
        _ => CellTone.Busy,
    };

    /// <summary>Whether a model answers as wanted.</summary>
    internal static bool IsServing(ModelStatus model) => model.State == Serving && model.ServingVersion == model.CurrentVersion;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
