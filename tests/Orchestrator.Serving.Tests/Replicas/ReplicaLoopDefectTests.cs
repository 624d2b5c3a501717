using Microsoft.Extensions.Logging;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Tests.Replicas;

/// <summary>Exceptions where none is expected: while a failed batch is dealt with. They cost that batch, never the replica.</summary>
public sealed class ReplicaLoopDefectTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task HandlingOfABrokenReplicaThrows_IsLogged_AndTheReplicaServesAgainOnceItIsReady()
    {
        var log = new BrittleLogger(e => e.Name == "ReplicaUnreachable");
        var rig = new ServingRig(cacheBytes: 0, logger: log);
        rig.Serve("1", ("1", ["a"]));
        rig.Clients["a"].Ready = false;
        var answer = rig.Ask(1, milliseconds: 10_000);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable);
        var failed = await answer;
        (failed.Kind, failed.Explanation).ShouldBe((OutcomeKind.Failed, "internal error: InvalidOperationException: ReplicaUnreachable"));
        log.Written.ShouldBe(["LoopFailed"]);

        var next = rig.Ask(2, milliseconds: 10_000);
        await AdvanceAsync(rig, 100);
        rig.Clients["a"].BatchCount.ShouldBe(1, "it is not ready");
        rig.Updater.Report().Single().ConsecutiveFailures.ShouldBeGreaterThan(1, "so that it is replaced if it stays so");
        rig.Clients["a"].Ready = true;
        await ServesAsync(rig, next);
    }

    [Fact]
    public async Task NothingCanBeLogged_TheReplicaServesAgain()
    {
        var rig = new ServingRig(cacheBytes: 0, logger: new BrittleLogger(_ => true));
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1, milliseconds: 10_000);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable);
        (await AnsweredAsync(answer)).Kind.ShouldBe(OutcomeKind.Failed);
        await ServesAsync(rig, rig.Ask(2, milliseconds: 10_000));
    }

    [Fact]
    public async Task EndsCannotBeKept_CallersAreAnswered_AndTheReplicaServesOn()
    {
        var sink = new BrittleSink();
        var rig = new ServingRig(cacheBytes: 0, sink: _ => sink);
        rig.Serve("1", ("1", ["a"]));
        sink.IsBroken = true;
        var answer = rig.Ask(1, milliseconds: 10_000);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Failed);
        (await AnsweredAsync(answer)).Kind.ShouldBe(OutcomeKind.Failed);
        sink.IsBroken = false;
        await ServesAsync(rig, rig.Ask(2, milliseconds: 10_000));
    }

    [Fact]
    public async Task AskingWhetherItIsReadyThrows_IsLogged_CountsAsFailure_AndItIsAskedAgain()
    {
        var log = new BrittleLogger(_ => false);
        var rig = new ServingRig(cacheBytes: 0, logger: log);
        rig.Serve("1", ("1", ["a"]));
        rig.Clients["a"].ReadyThrows = new InvalidOperationException("no");
        var answer = rig.Ask(1, milliseconds: 10_000);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        await ServesAsync(rig, answer);
        log.Written.ShouldBe(["ReplicaUnreachable", "RecheckFailed"]);
        rig.Clients["a"].BatchCount.ShouldBe(2);
    }

    private static async Task ServesAsync(ServingRig rig, Task<PredictionOutcome> answer)
    {
        var call = rig.Clients["a"].NextAsync();
        for (var i = 0; i < 1000 && !call.IsCompleted; i++)
        {
            await AdvanceAsync(rig, 1);
        }

        call.IsCompleted.ShouldBeTrue("a second passed, and the replica got no batch");
        (await call).Succeed();
        (await AnsweredAsync(answer)).Kind.ShouldBe(OutcomeKind.Ok);
    }

    private static async Task AdvanceAsync(ServingRig rig, int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            rig.Time.Advance(Ms);
            await Task.Yield();
        }
    }

    /// <summary>It is the batch's end that is waited for, on a clock that stands: a caller that was forgotten would wait for ever.</summary>
    private static Task<PredictionOutcome> AnsweredAsync(Task<PredictionOutcome> answer) => answer.WaitAsync(TimeSpan.FromSeconds(10));

    private sealed class BrittleLogger(Func<EventId, bool> breaks) : ILogger<ServingTableUpdater>
    {
        public List<string?> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (breaks(eventId))
            {
                throw new InvalidOperationException(eventId.Name);
            }

            Written.Add(eventId.Name);
        }
    }

    private sealed class BrittleSink : IItemSink
    {
        public bool IsBroken { get; set; }

        public void Finished(PredictionItem item, PredictionOutcome outcome)
        {
            if (IsBroken)
            {
                throw new InvalidOperationException("no room");
            }
        }

        public void Dropped(PredictionItem item)
        {
        }
    }
}
