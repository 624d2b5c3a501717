using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>
/// One place in one replica: takes a batch whenever it is idle, sends it, hands out the results, learns from how long it took. A replica with concurrency n has n
/// of them, and one for each batch that may wait inside it (<see cref="ReplicaSlots"/>). After a broken call it takes nothing until the replica says it is ready again, so a dead replica costs at most what it had when it died; and
/// that goes back to the queue once.
/// </summary>
internal sealed partial class ReplicaLoop : IValueTaskSource<Batch?>, IDisposable
{
    /// <summary>Executions of one item at most (one if its model is not idempotent).</summary>
    public const int MaxAttempts = 2;

    private static readonly TimeSpan FirstRecheck = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRecheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// A lone caller with so little to write goes on in the thread that has its answer: to wake another for it takes longer than all that is left to do, on an idle machine a good part of the whole call.
    /// A larger answer would keep other sockets of the thread waiting while it is written.
    /// </summary>
    private const int MostBytesHere = 4 * 1024;

    private readonly ModelQueue _queue;
    private readonly IReplicaClient _client;
    private readonly ReplicaLoopContext _context;
    private readonly BusySpell _busy;
    private readonly CancellationTokenSource _removed = new();
    private ManualResetValueTaskSourceCore<Batch?> _delivery;

    public ReplicaLoop(ModelQueue queue, ReplicaEndpoint endpoint, IReplicaClient client, ReplicaSlots slots, BatchBounds bounds, ReplicaLoopContext context)
    {
        _queue = queue;
        _client = client;
        _context = context;
        _busy = new BusySpell(context.Time, context.HungBatch);
        Endpoint = endpoint;
        Slots = slots;
        Bounds = bounds;
    }

    public ReplicaEndpoint Endpoint { get; }

    public ReplicaStats Stats => Slots.Stats;

    /// <summary>Replaced as a whole when the spec changes.</summary>
    public BatchBounds Bounds { get; private set; }

    /// <summary>What the replica's loops have under way together.</summary>
    public ReplicaSlots Slots { get; }

    /// <summary>Set once, under the queue's lock: it takes no further batch.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Set under the queue's lock, from a batch that its replica broke until the queue hears that the replica is there again.</summary>
    public bool IsRecovering { get; set; }

    /// <summary>Completes when the loop has ended and nothing of it is out.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start()
    {
        _queue.AddLoop(this);
        Completion = RunAsync();
    }

    /// <summary>Takes no further batch. <see cref="Completion"/> follows when the one that is out is back.</summary>
    public void Stop()
    {
        _queue.RemoveLoop(this);
        _removed.Cancel();
    }

    public void Configure(BatchBounds bounds) => Bounds = bounds;

    /// <summary>After <see cref="Completion"/>.</summary>
    public void Dispose() => _removed.Dispose();

    /// <summary>The queue hands a batch over, or null: end. Runs the sending half on the caller's thread, which saves a hop when little is going on.</summary>
    public void Deliver(Batch? batch) => _delivery.SetResult(batch);

    /// <summary>Under the queue's lock, before the loop is listed as idle.</summary>
    public ValueTask<Batch?> WaitForDelivery()
    {
        _delivery.Reset();
        return new ValueTask<Batch?>(this, _delivery.Version);
    }

    private async Task RunAsync()
    {
        while (await _queue.TakeAsync(this) is { } batch)
        {
            try
            {
                await RunOnceAsync(batch);
            }
            catch (Exception error)
            {
                // A defect of ours must neither end the loop nor leave anybody waiting.
                Abandon(batch, error);
            }

            // Not by how the handling of the failure ended: the queue counts this replica as away, and gives it nothing until it hears otherwise.
            if (IsRecovering)
            {
                await RecoverAsync();
                _queue.Recovered(this);
            }
        }
    }

    /// <summary>Sends one batch and ends or requeues each of its items.</summary>
    private async ValueTask RunOnceAsync(Batch batch)
    {
        var time = _context.Time;
        using var span = BatchTrace.Start(batch, Endpoint);
        Stats.Began();
        ReplicaReply reply;
        long ended;
        try
        {
            var remaining = batch.Latest == long.MinValue ? TimeSpan.Zero : time.GetElapsedTime(batch.DispatchedAt, batch.Latest);
            var patience = (remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero) + _context.HungBatch;
            using var hung = new CancellationTokenSource(patience, time);
            reply = await _client.InferAsync(batch, remaining, hung.Token);
            if (reply.Kind != ReplyKind.Busy || !batch.WentAhead)
            {
                // That it had no room for one more says nothing of what it computes.
                reply = _busy.Judge(reply);
            }
        }
        finally
        {
            Stats.Ended();
            ended = time.GetTimestamp();
        }

        var took = time.GetElapsedTime(batch.BusySince(ended, reply.Kind == ReplyKind.Busy ? long.MinValue : Slots.Ended(ended)), ended);
        if (reply.Kind == ReplyKind.Ok)
        {
            Learn(batch, took);
        }

        var isIdle = _queue.Return(this, batch, reply);
        if (reply.Kind == ReplyKind.Ok)
        {
            if (BatchResult.TryShare(batch, reply.Response!, out var shares, out var mismatch))
            {
                // What a caller does with its answer is none of the batch.
                span?.Dispose();
                Succeed(batch, shares, took, reply, isIdle);
                return;
            }

            reply = new ReplicaReply(ReplyKind.Failed, null, mismatch, true);
        }

        span?.SetStatus(ActivityStatusCode.Error, reply.Error);
        await HandleFailureAsync(batch, reply);
    }

    /// <summary>Before the batch is given back: the next one, which leaves then, goes by what this one taught.</summary>
    private void Learn(Batch batch, TimeSpan took)
    {
        _queue.Profile.Record(batch.Rows, took);
        Slots.Limit = _queue.Policy.NextLimit(Slots.Limit, new BatchObservation(batch.Rows, took), _queue.Profile, Bounds);
    }

    private void Succeed(Batch batch, PredictionOutcome[] shares, TimeSpan took, in ReplicaReply reply, bool isIdle)
    {
        Stats.Succeeded(batch.Rows);
        _context.Metrics.RecordBatch(_queue.Id, batch, took, reply.Computed, _context.Time);
        for (var i = 0; i < shares.Length; i++)
        {
            // Into the cache first: whoever asks the same right after this answer must find it there, not call again.
            _context.Sink.Finished(batch.Items[i], shares[i]);
            batch.Items[i].Complete(shares[i], here: isIdle && shares.Length == 1 && shares[i].Bytes <= MostBytesHere);
        }
    }

    Batch? IValueTaskSource<Batch?>.GetResult(short token) => _delivery.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Batch?>.GetStatus(short token) => _delivery.GetStatus(token);

    void IValueTaskSource<Batch?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _delivery.OnCompleted(continuation, state, token, flags);
}
