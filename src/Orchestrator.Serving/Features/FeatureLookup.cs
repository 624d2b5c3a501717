using Orchestrator.Core;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Features;

/// <summary>Looks up the records that a request needs, all in one round trip and within its budget. Whatever is wrong with the store is an absence that says so.</summary>
public sealed class FeatureLookup
{
    private readonly FeatureBreaker _breaker;
    private readonly IFeatureStore _store;
    private readonly FeatureMetrics _metrics;
    private readonly TimeProvider _time;

    internal FeatureLookup(IFeatureStore store, FeatureMetrics metrics, TimeProvider time)
    {
        _breaker = new FeatureBreaker(store, time);
        _store = store;
        _metrics = metrics;
        _time = time;
        if (store is not NoFeatureStore)
        {
            metrics.Observe(store, () => _breaker.Level);
        }
    }

    /// <summary>For people: that the store is there and yet left alone for a while; null: it is asked, or not there.</summary>
    public string? LeftAlone => _breaker.LeftAlone;

    /// <summary>Looks up.</summary>
    /// <param name="application">For whom; names its metrics.</param>
    /// <param name="queries">Each once.</param>
    /// <param name="within">When the caller goes on without an answer.</param>
    /// <param name="unhurried">With less than this a request is in a hurry of its own, and says nothing of the store.</param>
    /// <returns>One per query, in order.</returns>
    public async ValueTask<FoundFeatures[]> FindAsync(string application, IReadOnlyList<FeatureQuery> queries, TimeSpan within, TimeSpan unhurried)
    {
        ArgumentNullException.ThrowIfNull(queries);
        if (queries.Count == 0)
        {
            return [];
        }

        if (_store.Problem is { } problem)
        {
            return Without(application, queries, FeatureAbsence.Unavailable, problem, "unavailable");
        }

        if (within <= TimeSpan.Zero)
        {
            return Without(application, queries, FeatureAbsence.TimedOut, "the request left no time to look it up", "timeout");
        }

        var began = _time.GetTimestamp();
        if (await _breaker.ReadAsync(queries, within, within >= unhurried) is not { } read)
        {
            return Without(application, queries, FeatureAbsence.Unavailable, "the feature store did not answer lately and is left alone for a moment", "open");
        }

        CountTime(application, queries, _time.GetElapsedTime(began));
        var now = _time.GetUtcNow();
        var found = new FoundFeatures[queries.Count];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = i < read.Records.Count && read.Records[i] is { } record
                ? Judge(application, queries[i], record, now)
                : Without(application, queries[i], read.End, within);
        }

        return found;
    }

    /// <summary>Counts features that were their default.</summary>
    public void CountDefaults(string application, FeatureView view, int count)
    {
        ArgumentNullException.ThrowIfNull(view);
        _metrics.Defaulted(application, view.Name, count);
    }

    /// <summary>Counts a query that has no answer for want of a feature of that view.</summary>
    public void CountFailure(string application, FeatureView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        _metrics.Failed(application, view.Name);
    }

    private FoundFeatures Judge(string application, in FeatureQuery query, FeatureRecord record, DateTimeOffset now)
    {
        var found = FoundFeatures.Of(query, record, now);
        _metrics.LookedUp(application, query.View.Name, found.Whole switch
        {
            FeatureAbsence.NotFound => "missing",
            FeatureAbsence.Stale => "stale",
            _ => found.HasInvalid ? "invalid" : "found",
        });
        return found;
    }

    private FoundFeatures Without(string application, in FeatureQuery query, StoreEnd end, TimeSpan within)
    {
        var (why, problem, result) = end switch
        {
            StoreEnd.TimedOut => (FeatureAbsence.TimedOut, $"the feature store did not answer within {Durations.Format(within)}", "timeout"),
            StoreEnd.Full => (FeatureAbsence.Unavailable, "too much is on its way to the feature store already", "full"),
            _ => (FeatureAbsence.Unavailable, _store.Problem ?? "the connection to the feature store broke", "unavailable"),
        };
        _metrics.LookedUp(application, query.View.Name, result);
        return FoundFeatures.Without(query, why, problem);
    }

    private FoundFeatures[] Without(string application, IReadOnlyList<FeatureQuery> queries, FeatureAbsence why, string problem, string result)
    {
        var found = new FoundFeatures[queries.Count];
        for (var i = 0; i < found.Length; i++)
        {
            _metrics.LookedUp(application, queries[i].View.Name, result);
            found[i] = FoundFeatures.Without(queries[i], why, problem);
        }

        return found;
    }

    /// <summary>All views are read together, so each of them took as long as all.</summary>
    private void CountTime(string application, IReadOnlyList<FeatureQuery> queries, TimeSpan took)
    {
        FeatureView? last = null;
        for (var i = 0; i < queries.Count; i++)
        {
            // A view's queries follow each other.
            if (!ReferenceEquals(queries[i].View, last))
            {
                last = queries[i].View;
                _metrics.Took(application, last.Name, took);
            }
        }
    }
}
