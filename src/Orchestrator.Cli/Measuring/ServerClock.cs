using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.Cli.Commands;
using Orchestrator.Load.Reporting;

namespace Orchestrator.Cli.Measuring;

/// <summary>What the orchestrator's own metrics said at one moment; two moments give what happened between them.</summary>
/// <param name="QueueSum">Seconds that requests waited.</param>
/// <param name="QueueCount">Requests.</param>
/// <param name="ComputeSum">Seconds inside the model.</param>
/// <param name="ComputeCount">Batches.</param>
/// <param name="Predictions">That had an outcome, whatever it was and wherever it came from.</param>
/// <param name="LookUps">In the prediction cache.</param>
/// <param name="FromCache">Of those: what did not go to the model, for the answer was in the process, in Redis, or under way for another request.</param>
internal readonly record struct ServerClock(double QueueSum, double QueueCount, double ComputeSum, double ComputeCount, double Predictions, double LookUps, double FromCache)
{
    // The answer is some kilobytes from this machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const string CacheLookUps = "orchestrator_cache_requests_total{";
    private static readonly string[] Kept = ["result=\"hit\"", "result=\"stale\"", "result=\"joined\""];

    /// <summary>Reads <c>/metrics</c>; null when there is none to be had, not in time, or not before <paramref name="stop"/>: the measurement does not depend on it.</summary>
    public static async Task<ServerClock?> ReadAsync(Session session, IReadOnlyCollection<string> models, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Patience, session.Context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return Parse(await session.Http.GetStringAsync(new Uri(session.Admin.Address, "metrics"), either.Token), models);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>After a load that <paramref name="stop"/> may have ended: then the next signal ends the reading, so that Ctrl-C always ends something.</summary>
    public static async Task<ServerClock?> ReadAfterAsync(Session session, IReadOnlyCollection<string> models, CancellationToken stop)
    {
        if (!stop.IsCancellationRequested)
        {
            return await ReadAsync(session, models, stop);
        }

        using var again = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return await ReadAsync(session, models, again.Token);

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            again.Cancel();
        }
    }

    internal static ServerClock Parse(string metrics, IReadOnlyCollection<string> models)
    {
        var names = models.Select(m => $"model=\"{m}\"").ToArray();
        var lines = metrics.Split('\n').Where(l => names.Any(n => l.Contains(n, StringComparison.Ordinal))).ToArray();
        return new ServerClock(
            Sum(lines, "orchestrator_queue_duration_seconds_sum"), Sum(lines, "orchestrator_queue_duration_seconds_count"),
            Sum(lines, "orchestrator_compute_duration_seconds_sum"), Sum(lines, "orchestrator_compute_duration_seconds_count"),
            Sum(lines, "orchestrator_prediction_duration_seconds_count"),
            Sum(lines, CacheLookUps),
            // What Redis knew is a miss of the level in the process, so it is not in there twice.
            Kept.Sum(result => Sum(lines, CacheLookUps, result)) + Sum(lines, "orchestrator_store_reads_total{", Kept[0]));
    }

    /// <summary>Means since <paramref name="earlier"/>.</summary>
    public ServerTimes Since(in ServerClock earlier) => new(Mean(QueueSum - earlier.QueueSum, QueueCount - earlier.QueueCount), Mean(ComputeSum - earlier.ComputeSum, ComputeCount - earlier.ComputeCount));

    /// <summary>
    /// Use of the prediction cache since <paramref name="earlier"/>; null: this orchestrator saw no request, so others answered, or it started anew meanwhile, or it saw many more
    /// than <paramref name="most"/>, so that other clients' cannot be told from ours.
    /// </summary>
    public CacheUse? CacheSince(in ServerClock earlier, long most)
    {
        var use = new CacheUse((long)(LookUps - earlier.LookUps), (long)(FromCache - earlier.FromCache), (long)(Predictions - earlier.Predictions));
        return use.LookUps < 0 || use.FromCache < 0 || use.Predictions <= 0 || use.Predictions > most * (1 + CacheUse.Tolerance) ? null : use;
    }

    private static TimeSpan Mean(double seconds, double count) => count > 0 ? TimeSpan.FromSeconds(seconds / count) : TimeSpan.Zero;

    private static double Sum(string[] lines, string name, string label = "") => lines
        .Where(l => l.StartsWith(name, StringComparison.Ordinal) && l.Contains(label, StringComparison.Ordinal))
        .Sum(l => double.TryParse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture, out var value) ? value : 0);
}

/// <summary>How the prediction cache was used.</summary>
/// <param name="LookUps">Rows that were looked up; 0: it is off.</param>
/// <param name="FromCache">Rows whose answer did not come from the model.</param>
/// <param name="Predictions">That this was seen of: where several orchestrators serve, some of those that were sent.</param>
internal readonly record struct CacheUse(long LookUps, long FromCache, long Predictions)
{
    /// <summary>What the metrics may differ from the requests sent by, as a share: some are under way at both ends of a measurement.</summary>
    public const double Tolerance = 0.1;

    /// <summary>0 to 1.</summary>
    public double Share => LookUps == 0 ? 0 : Math.Min(1, (double)FromCache / LookUps);

    public static CacheUse operator +(CacheUse left, CacheUse right) => new(left.LookUps + right.LookUps, left.FromCache + right.FromCache, left.Predictions + right.Predictions);
}
