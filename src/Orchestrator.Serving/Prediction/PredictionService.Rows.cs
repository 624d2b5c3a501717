using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Prediction;

// Calls with several rows. Each row is looked up alone, and what nobody knows goes to the model as one item. A row that is under way for somebody else is computed again all the
// same: waiting for it would tie this call to another one's deadline, and a call that leads rows could not leave the queue when its client does.
public sealed partial class PredictionService
{
    /// <summary>A call with more rows is not looked up: it would cost more in hashes than it can find, and push everybody else's answers out.</summary>
    private const int MostRows = 4096;

    private async ValueTask<PredictionOutcome> PredictRowsAsync(PredictionCall call, CancellationToken clientGone)
    {
        var started = _time.GetTimestamp();
        var parameters = RequestParameters.Of(call.Parameters);
        var shared = _shared is not null && call.Target.Spec.Cache.Shared ? call.Target.CacheScope : null;
        var rows = new RowLookup(call, parameters?.Text, shared);
        LookInProcess(call, rows, parameters);
        if (shared is not null && rows.Missed.Length is > 0 and var missed)
        {
            var found = await _shared!.FindAsync(rows.Questions(call, rows.Missed), call.Deadline.Timestamp);
            rows.Found(found);
        }

        if (rows.Missed.Length == 0)
        {
            return rows.TryJoin(null) is { } known ? Record(call, started, known) : await PredictAsync(rows.Whole(call), clientGone);
        }

        var computed = await PredictAsync(rows.Ask(call, rows.Missed), clientGone);
        if (rows.IsUnknown)
        {
            return computed;
        }

        if (computed.Kind == OutcomeKind.Ok && rows.TryJoin(computed) is { } joined)
        {
            return joined;
        }

        // What the model refuses is told by the row, unless it refuses all that it was asked: so it must be asked for all. The same where rows do not fit together.
        return computed.Kind is OutcomeKind.Ok or OutcomeKind.InvalidInput or OutcomeKind.Failed ? await PredictAsync(rows.Whole(call), clientGone) : computed;
    }

    private void LookInProcess(in PredictionCall call, RowLookup rows, RequestParameters? parameters)
    {
        List<int> stale = [];
        for (var question = 0; question < rows.Count; question++)
        {
            var hit = _cache.TryGet(rows.KeyOf(question), out var refresh);
            _metrics.RecordCache(call.Target.Id, hit is null ? "miss" : refresh ? "stale" : "hit");
            rows.Found(question, hit);
            if (refresh)
            {
                stale.Add(question);
            }
        }

        for (var again = rows.Count; again < call.Inputs[0].Rows; again++)
        {
            _metrics.RecordCache(call.Target.Id, "joined");
        }

        // As few items as can be: each takes a place in the queue.
        foreach (var part in stale.Chunk(call.Target.MaxRows))
        {
            Refresh(rows.Ask(call, part), null, parameters);
        }
    }

    private async ValueTask<PredictionOutcome> PredictInPartsAsync(PredictionCall call, CancellationToken clientGone)
    {
        var rows = call.Inputs[0].Rows;
        var size = call.Target.MaxRows;
        var counts = new int[(rows + size - 1) / size];
        Array.Fill(counts, size);
        counts[^1] = rows - (size * (counts.Length - 1));
        var split = call.Inputs.Select(input => TensorRows.Split(input, counts)).ToArray();
        var parts = new PredictionCall[counts.Length];
        for (var p = 0; p < parts.Length; p++)
        {
            parts[p] = call with { Inputs = [.. split.Select(input => input[p])], RowKeys = call.RowKeys?.Part(p * size, counts[p]) };
        }

        return PartsOutcome.Join(await PredictManyAsync(parts, clientGone), counts);
    }
}
