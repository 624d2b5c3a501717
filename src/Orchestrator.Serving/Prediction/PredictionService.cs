using System.Diagnostics;
using System.Text;
using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Prediction;

/// <summary>The data plane's front door: cache, then the question already under way, then the queue of the version, whose replicas answer.</summary>
public sealed partial class PredictionService
{
    private readonly PredictionCache _cache;
    private readonly ServingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly SharedCache? _shared;
    private readonly IServingLease? _lease;
    private readonly SharedFlights? _flights;

    internal PredictionService(PredictionCache cache, ServingMetrics metrics, TimeProvider time, SharedCache? shared = null, IServingLease? lease = null, SharedFlights? flights = null)
    {
        _flights = flights;
        _lease = lease;
        _shared = shared;
        _cache = cache;
        _metrics = metrics;
        _time = time;
    }

    /// <summary>Bytes and answers that the cache holds.</summary>
    public (long Bytes, int Entries) CacheUse => (_cache.Bytes, _cache.Count);

    /// <summary>
    /// Makes one prediction. Never throws for an expected end; the task completes at the latest at the call's deadline (plus scheduling), or when <paramref name="clientGone"/> is cancelled.
    /// </summary>
    public ValueTask<PredictionOutcome> PredictAsync(PredictionCall call, CancellationToken clientGone)
    {
        if (call.Inputs[0].Rows is > 1 and var rows)
        {
            if (rows <= MostRows && call is { RowKeys: null, Target.MaxRows: > 1 } && MayLookUp(call.Target))
            {
                return PredictRowsAsync(call, clientGone);
            }

            if (rows > call.Target.MaxRows)
            {
                return PredictInPartsAsync(call, clientGone);
            }
        }

        var started = _time.GetTimestamp();
        var pending = Begin(call, isOnlyOne: call.RowKeys is null && call.Inputs[0].Rows == 1);
        if (pending.Item is null)
        {
            return ValueTask.FromResult(Record(call, started, pending.Hit!));
        }

        if (pending is { IsLeader: true, Item.SharedScope: not null })
        {
            return LookFurtherAsync(call, pending, started, clientGone);
        }

        if (!pending.IsLeader)
        {
            return FinishAsync(call, pending, started, clientGone);
        }

        // Whoever leads gets what it asked for itself, whatever that is: no state machine of ours between it and its waiter.
        Settle(pending, pending.Item.Queue.TryEnqueue(pending.Item));
        pending.Waiter!.LeaveWith(pending.Item, clientGone);
        return pending.Waiter.AsValueTask(_metrics.PredictionsOn ? new AnswerRecord(_metrics, _time, call.Application, started) : default);
    }

    /// <summary>Makes several predictions that stand and fall alone; they enter the queues together, so they can leave in the same batches.</summary>
    /// <returns>One outcome per call, in order.</returns>
    public async Task<PredictionOutcome[]> PredictManyAsync(IReadOnlyList<PredictionCall> calls, CancellationToken clientGone)
    {
        var started = _time.GetTimestamp();
        var pending = new Pending[calls.Count];
        for (var i = 0; i < pending.Length; i++)
        {
            pending[i] = Begin(calls[i]);
        }

        var followed = Task.CompletedTask;
        if (_shared is not null)
        {
            followed = await LookFurtherAsync(pending, calls.Min(c => c.Deadline.Timestamp));
        }

        EnqueueTogether(pending);
        var outcomes = new PredictionOutcome[pending.Length];
        for (var i = 0; i < pending.Length; i++)
        {
            outcomes[i] = pending[i].Item is null
                ? Record(calls[i], started, pending[i].Hit!)
                : await FinishAsync(calls[i], pending[i], started, clientGone);
        }

        await followed;
        return outcomes;
    }

    private async ValueTask<PredictionOutcome> FinishAsync(PredictionCall call, Pending pending, long started, CancellationToken clientGone)
    {
        pending.Waiter!.LeaveWith(pending.Item!, clientGone);
        var outcome = await pending.Waiter.AsValueTask();
        if (!pending.IsLeader && outcome.Kind is OutcomeKind.Rejected or OutcomeKind.DeadlineMissed && call.Deadline.Timestamp > _time.GetTimestamp())
        {
            // What ended was somebody else's call, refused for reasons of its own (a full queue a moment ago, an earlier deadline): this one has its own chance.
            var own = Begin(call);
            if (own.Item is null)
            {
                outcome = own.Hit!;
            }
            else
            {
                if (own.IsLeader)
                {
                    Settle(own, own.Item.Queue.TryEnqueue(own.Item));
                }

                own.Waiter!.LeaveWith(own.Item, clientGone);
                outcome = await own.Waiter.AsValueTask();
            }
        }

        return Record(call, started, outcome);
    }

    /// <param name="call">What is asked.</param>
    /// <param name="isOnlyOne">Whether its answer is all that the request waits for: not one of many that are put together afterwards.</param>
    private Pending Begin(in PredictionCall call, bool isOnlyOne = false)
    {
        var target = call.Target;
        CacheKey? key = null;
        var parameters = RequestParameters.Of(call.Parameters);
        if (call.Inputs[0].Rows == 1 && call.RowKeys is null && MayLookUp(target))
        {
            var made = CacheKey.Of(target.CacheScope, call.Inputs, call.Outputs ?? [], parameters?.Text);
            if (_cache.TryGet(made, out var refresh) is { } hit)
            {
                _metrics.RecordCache(target.Id, refresh ? "stale" : "hit");
                if (refresh)
                {
                    Refresh(call, made, parameters);
                }

                return new Pending(null, null, false, hit);
            }

            key = made;
        }

        var waiter = new PredictionWaiter(call.Deadline.Timestamp) { MayGoOnHere = isOnlyOne };
        var item = NewItem(call, key, parameters, waiter);
        return key is { } k ? Share(target, k, item, waiter) : new Pending(item, waiter, true, null);
    }

    private bool MayLookUp(VersionEntry target) => _cache.IsEnabled && target.Spec.Cache.Enabled && _lease is not { IsHeld: false };

    private PredictionItem NewItem(in PredictionCall call, CacheKey? key, RequestParameters? parameters, PredictionWaiter waiter) =>
        new(call.Target.Queue, waiter, call.Inputs, call.Outputs ?? [])
        {
            Cache = key is null && call.RowKeys is null ? null : TermsOf(call, key),
            Parameters = parameters?.Forwarded,
            Compatibility = CompatibilityOf(call, parameters),
            Trace = BatchTrace.IsOn ? Activity.Current : null,
        };

    private Pending Share(VersionEntry target, in CacheKey key, PredictionItem item, PredictionWaiter waiter)
    {
        switch (_cache.JoinOrLead(key, item, waiter, out var hit, out var joined))
        {
            case CacheLookup.Hit:
                _metrics.RecordCache(target.Id, "hit");
                return new Pending(null, null, false, hit);
            case CacheLookup.Joined:
                _metrics.RecordCache(target.Id, "joined");
                joined.Queue.WaiterJoined(joined, waiter.Deadline);
                _flights?.Joined(joined, waiter.Deadline);
                return new Pending(joined, waiter, false, null);
            default:
                _metrics.RecordCache(target.Id, "miss");
                return new Pending(item, waiter, true, null);
        }
    }

    private void EnqueueTogether(Pending[] pending)
    {
        var done = 0;
        while (done < pending.Length)
        {
            // Runs of the same queue: rows of one request nearly always are one run.
            var queue = pending[done].Item?.Queue;
            List<PredictionItem> items = [];
            List<int> indices = [];
            for (; done < pending.Length && (pending[done].Item is null || pending[done].Item!.Queue == (queue ??= pending[done].Item!.Queue)); done++)
            {
                if (pending[done] is { IsLeader: true, Follows: false, Item: { } item })
                {
                    items.Add(item);
                    indices.Add(done);
                }
            }

            if (items.Count == 0)
            {
                continue;
            }

            var admissions = new QueueAdmission[items.Count];
            queue!.TryEnqueueMany(items.ToArray(), admissions);
            for (var i = 0; i < admissions.Length; i++)
            {
                Settle(pending[indices[i]], admissions[i]);
            }
        }
    }

    /// <summary>An item that the queue did not take is still ours: end it, for us and for whoever joined meanwhile.</summary>
    private void Settle(in Pending pending, QueueAdmission admission)
    {
        if (admission == QueueAdmission.Accepted)
        {
            return;
        }

        var item = pending.Item!;
        var queue = item.Queue;
        var outcome = admission switch
        {
            QueueAdmission.Full => new PredictionOutcome
            {
                Kind = OutcomeKind.Rejected, ModelVersion = queue.Id, RetryAfter = queue.EstimateDrain(), Explanation = $"the queue of {queue.Id} is full; try again later, add replicas or raise queueCapacity",
            },
            QueueAdmission.Shed => new PredictionOutcome
            {
                Kind = OutcomeKind.Rejected, ModelVersion = queue.Id, RetryAfter = queue.EstimateDrain(), Explanation = $"{queue.Id} has more work than it can do in time; try again later or add replicas",
            },
            QueueAdmission.NoReplica => new PredictionOutcome { Kind = OutcomeKind.Unavailable, ModelVersion = queue.Id, Explanation = "No connected models found for query" },
            _ => queue.Missed,
        };
        Forget(item);
        item.Complete(outcome);
    }

    private PredictionOutcome Record(in PredictionCall call, long started, PredictionOutcome outcome)
    {
        if (_metrics.PredictionsOn)
        {
            new AnswerRecord(_metrics, _time, call.Application, started).Take(outcome);
        }

        return outcome;
    }

    private static string? CompatibilityOf(in PredictionCall call, RequestParameters? parameters)
    {
        var outputs = call.Outputs ?? [];
        if (parameters is null && call.Target.IsUniform && outputs.Count == 0 && call.Inputs.Count == call.Target.Inputs!.Count)
        {
            return null;
        }

        var text = new StringBuilder(parameters?.Text);
        foreach (var input in call.Inputs)
        {
            text.Append(input.Name).Append('[').AppendJoin(',', input.Shape.Skip(1)).Append(']');
        }

        foreach (var output in outputs)
        {
            text.Append('>').Append(output.Name);
        }

        return text.ToString();
    }

    /// <summary>A prediction on its way: found (<see cref="Hit"/>), or an item and who waits for it.</summary>
    private readonly record struct Pending(PredictionItem? Item, PredictionWaiter? Waiter, bool IsLeader, PredictionOutcome? Hit)
    {
        /// <summary>Waits for another process; whoever sees to that queues the item if need be.</summary>
        public bool Follows { get; init; }
    }
}
