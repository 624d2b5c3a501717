using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Tests.Queueing;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class DispatchAheadTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private static readonly BatchingSpec None = new() { Policy = "none" };

    private readonly ServingRig _rig = new(cacheBytes: 0);
    private readonly Queue<FakeReplica.Call> _out = new();
    private int _next;

    [Fact]
    public async Task Saturated_OneBatchWaitsInTheReplica_EachAnsweredOnce()
    {
        _rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        var answers = AskMany(60);
        Work(batches: 60, queued: TimeSpan.Zero).ShouldBe(2);
        var outcomes = await Task.WhenAll(answers);
        outcomes.ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        outcomes.Select(o => ServingRig.ValuesOf(o)[0]).ShouldBe(Enumerable.Range(0, 60).Select(i => 10.0 * i));
        _rig.Clients["a"].BatchCount.ShouldBe(60);
        _rig.Version().Queue.IsQuiet.ShouldBeTrue();
    }

    [Fact]
    public void ContainerThatDoesNotSayHowLongItWaited_GetsOneAtATime()
    {
        _rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        AskMany(60);
        Work(batches: 60, queued: null).ShouldBe(1);
    }

    [Fact]
    public void NotIdempotent_GetsOneAtATime()
    {
        _rig.Serve("1", spec => spec with { Batching = None, Idempotent = false }, ("1", ["a"]));
        AskMany(60);
        Work(batches: 60, queued: TimeSpan.Zero).ShouldBe(1);
    }

    [Fact]
    public async Task BatchThatIsNotFull_WaitsHereForOthers()
    {
        _rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 8 } }, ("1", ["a"]));
        var many = AskMany(1 + (8 * 59));
        Work(batches: 30, queued: TimeSpan.Zero).ShouldBe(2);
        while (_rig.Version().Queue.Length >= 8)
        {
            Work(batches: 1, queued: TimeSpan.Zero);
        }

        // Whatever is left, together with three more, is less than a batch: it stays until the replica is idle.
        AskMany(3);
        Collect();
        while (_out.Count > 1)
        {
            Work(batches: 1, queued: TimeSpan.Zero);
        }

        _rig.Version().Queue.Length.ShouldBeInRange(0, 7);
        Work(batches: 8, queued: TimeSpan.Zero);
        (await Task.WhenAll(many)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task ReplicaDies_BothBatchesGoBack_AndNothingFollowsThemThere()
    {
        _rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        var replica = _rig.Clients["a"];
        var answers = AskMany(60);
        while (_out.Count < 2)
        {
            Work(batches: 1, queued: TimeSpan.Zero);
            Collect();
        }

        replica.Ready = false;
        var sent = replica.BatchCount;
        _out.Dequeue().Fail(ReplyKind.Unreachable, mayHaveRun: false);
        _out.Dequeue().Fail(ReplyKind.Unreachable, mayHaveRun: false);
        _rig.Time.Advance(100 * Ms);
        replica.BatchCount.ShouldBe(sent);
        replica.Ready = true;
        for (var i = 0; i < 5000 && answers.Any(a => !a.IsCompleted); i++)
        {
            _rig.Time.Advance(Ms);
            Work(batches: 1, queued: TimeSpan.Zero);
            await Task.Yield();
        }

        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task RefusedAsBusy_NoneGoesAheadForAWhile()
    {
        _rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        AskMany(200);
        while (_out.Count < 2)
        {
            Work(batches: 1, queued: TimeSpan.Zero);
            Collect();
        }

        var first = _out.Dequeue();
        _out.Dequeue().Fail(ReplyKind.Busy);
        _out.Enqueue(first);
        Work(batches: 1, queued: TimeSpan.Zero);
        await ModelQueueTests.WaitUntil(() =>
        {
            _rig.Time.Advance(2 * Ms);
            Collect();
            return _out.Count == 1;
        });
        Work(batches: 20, queued: TimeSpan.Zero).ShouldBe(1);
    }

    [Fact]
    public async Task RefusedAsBusy_ContainerThatDoesNotSayHowLongItWaited_StillGetsOneAtATime()
    {
        _rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        AskMany(200);
        Collect();
        _out.Dequeue().Fail(ReplyKind.Busy, mayHaveRun: false);
        await ModelQueueTests.WaitUntil(() =>
        {
            _rig.Time.Advance(2 * Ms);
            Collect();
            return _out.Count == 1;
        });
        _rig.Time.Advance(2 * ReplicaSlots.AheadPause);
        Work(batches: 60, queued: null).ShouldBe(1);
    }

    [Fact]
    public async Task ComputesTwoAtATime_BackAfterItDied_GetsTwoAtOnce()
    {
        var rig = new ServingRig(cacheBytes: 0) { Concurrency = 2 };
        rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        var replica = rig.Clients["a"];
        var answers = Enumerable.Range(0, 6).Select(i => rig.Ask(i, milliseconds: 3_000_000)).ToArray();
        (await replica.NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        (await replica.NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        await ModelQueueTests.WaitUntil(() =>
        {
            rig.Time.Advance(10 * Ms);
            return replica.BatchCount >= 4;
        });
        for (var i = 0; i < 6; i++)
        {
            (await replica.NextAsync()).Succeed();
        }

        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task Return_NextBatchIsOnItsWay_BeforeAnyoneIsAnswered()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Batching = None }, ("1", ["a"]));
        var replica = rig.Clients["a"];
        var answers = new[] { rig.Ask(1), rig.Ask(2) };

        // An answer is in the cache before its caller has it.
        var finishedBefore = -1;
        replica.OnSend = () => finishedBefore = rig.Cache.Count;
        (await replica.NextAsync()).Succeed();
        finishedBefore.ShouldBe(0);
        (await replica.NextAsync()).Succeed();
        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task SecondOneAheadPays_TwoWait_UntilOneIsRefusedAsBusy_ThenOneForAWhile()
    {
        _rig.Serve("1", spec => spec with { Batching = None, QueueCapacity = 100_000 }, ("1", ["a"]));
        AskMany(12_000);
        for (var (i, count) = (0, 0); i < 1000 || count < 3; i++)
        {
            i.ShouldBeLessThan(3000);
            count = WorkFasterWithMore();
        }

        Collect();

        FakeReplica.Call[] others = [_out.Dequeue(), _out.Dequeue()];
        _out.Dequeue().Fail(ReplyKind.Busy, mayHaveRun: false);
        Array.ForEach(others, _out.Enqueue);
        await ModelQueueTests.WaitUntil(() =>
        {
            _rig.Time.Advance(2 * Ms);
            return _rig.Version().Queue.LoopCount == 3;
        });
        var most = 0;
        for (var i = 0; i < 200; i++)
        {
            most = Math.Max(most, WorkFasterWithMore());
        }

        most.ShouldBe(2);
        for (var i = 0; i < 5000 && most < 3; i++)
        {
            most = WorkFasterWithMore();
        }

        most.ShouldBe(3);
    }

    [Theory]
    [InlineData("deferred", 32)]
    [InlineData("fixed", 64)]
    public void LargeBatchesGetLessDone_TheQueueFormsSmallerOnes_IfItsPolicyLeavesTheSizeOpen(string policy, int expected)
    {
        _rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = policy, MaxSize = 64 }, QueueCapacity = 100_000 }, ("1", ["a"]));
        AskMany(64 * 300);
        var sizes = new List<int>();
        while (sizes.Count < SizeTrial.FirstUntil + 100)
        {
            Collect();
            var batch = _out.Dequeue();
            sizes.Add(batch.Values.Length);
            _rig.Time.Advance(sizes[^1] * sizes[^1] * 0.01 * Ms);
            batch.Succeed();
        }

        sizes[SizeTrial.FirstUntil - 1].ShouldBe(64);
        sizes[^1].ShouldBe(expected);
    }

    private Task<PredictionOutcome>[] AskMany(int count) => [.. Enumerable.Range(0, count).Select(_ => _rig.Ask(_next++, milliseconds: 3_000_000))];

    /// <summary>Answers the oldest batches, each a millisecond after the one before. Returns the most that were out at once.</summary>
    private int Work(int batches, TimeSpan? queued)
    {
        var most = 0;
        for (var i = 0; i < batches; i++)
        {
            Collect();
            most = Math.Max(most, _out.Count);
            if (_out.TryDequeue(out var oldest))
            {
                _rig.Time.Advance(Ms);
                oldest.Succeed(queued: queued);
            }
        }

        return most;
    }

    /// <summary>One batch of a replica that does more the more of them it has.</summary>
    private int WorkFasterWithMore()
    {
        Collect();
        var count = _out.Count;
        if (_out.TryDequeue(out var oldest))
        {
            _rig.Time.Advance(count switch { 1 => Ms, 2 => 0.8 * Ms, _ => 0.6 * Ms });
            oldest.Succeed(queued: TimeSpan.Zero);
        }

        return count;
    }

    private void Collect()
    {
        while (_rig.Clients["a"].TryNext() is { } call)
        {
            _out.Enqueue(call);
        }
    }
}
