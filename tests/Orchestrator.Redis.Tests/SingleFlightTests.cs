using Orchestrator.Core.Cluster;
using Orchestrator.Redis.Tests.Rig;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Redis.Tests;

/// <summary>Three processes' worth of data planes on one real Redis, in front of a model that declares itself costly. The times allowed are such that no slow machine decides a test.</summary>
public sealed class SingleFlightTests : IAsyncLifetime
{
    private const int Callers = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly List<Plane> _planes = [];
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var plane in _planes)
        {
            await plane.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task FiveHundredEqualQuestions_ToThreeFrontends_AreOneCall()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1));
        var gate = CloseGates();
        var answers = Ask(Callers, [7, 7]);
        await Plane.UntilAsync(() => Calls == 1 && _planes.Sum(p => p.Flights.Following) == 2, "one computes and two wait for it");
        gate.SetResult();
        var outcomes = await Task.WhenAll(answers);
        outcomes.ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        outcomes.Select(o => Convert.ToHexString(o.Outputs[0].Data.Span)).Distinct().Count().ShouldBe(1);
        _planes.Sum(p => p.Replicas["1"].Rows).ShouldBe(1);
        await _planes[0].UntilWrittenAsync(_server, 1);
    }

    [Fact]
    public async Task WithoutTheKey_EveryFrontendComputes()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1), singleFlight: false);
        var gate = CloseGates();
        var answers = Ask(Callers, [7, 7]);
        await Plane.UntilAsync(() => Calls == 3, "each computes");
        gate.SetResult();
        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        (await _server.AskAsync("EVAL \"return #redis.call('KEYS', '*:l1:*')\" 0")).ShouldBe(":0\r\n");
    }

    [Fact]
    public async Task RowsInOppositeOrder_NobodyWaitsForAWait()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1));
        var answers = Enumerable.Range(0, 20).SelectMany(round => _planes.Select((plane, p) =>
        {
            var rows = Enumerable.Range(0, 8).Select(r => plane.Call([round, r], budget: Patience));
            return plane.Predictions.PredictManyAsync([.. p % 2 == 0 ? rows : rows.Reverse()], CancellationToken.None);
        })).ToArray();
        (await Task.WhenAll(answers)).ShouldAllBe(outcomes => outcomes.All(o => o.Kind == OutcomeKind.Ok));
        _planes.Sum(p => p.Replicas["1"].Rows).ShouldBe(160);
    }

    [Fact]
    public async Task HolderDies_TheOthersAreAnswered()
    {
        await StartPlanesAsync(TimeSpan.FromSeconds(1));
        var holder = _planes[0];
        var never = new TaskCompletionSource();
        holder.Replicas["1"].Before = () => never.Task;
        var lost = holder.Predictions.PredictAsync(holder.Call([1], budget: Patience), CancellationToken.None).AsTask();
        await Plane.UntilAsync(() => holder.Replicas["1"].Calls == 1, "the holder computes");
        var answers = Ask(30, [1], _planes[1], _planes[2]);
        await Plane.UntilAsync(() => _planes.Sum(p => p.Flights.Following) == 2, "the others wait for it");

        // As a process that is killed: nothing renews its lease any more, and nothing gives it back.
        await holder.KillAsync();
        (await SoonAsync(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        lost.IsCompleted.ShouldBeFalse();
        never.SetResult();
        (await lost).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task HolderFails_TheOthersDoNotWaitForItsLease()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _planes[0].Replicas["1"].Before = async () =>
        {
            await gate.Task;
            throw new InvalidOperationException("the model's own failure");
        };
        var failed = _planes[0].Predictions.PredictAsync(_planes[0].Call([1], budget: Patience), CancellationToken.None).AsTask();
        await Plane.UntilAsync(() => _planes[0].Replicas["1"].Calls > 0, "the holder computes");
        var answers = Ask(10, [1], _planes[1], _planes[2]);
        await Plane.UntilAsync(() => _planes.Sum(p => p.Flights.Following) == 2, "the others wait for it");
        gate.SetResult();
        (await failed).Kind.ShouldNotBe(OutcomeKind.Ok);
        (await SoonAsync(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        _planes.Skip(1).Sum(p => p.Replicas["1"].Rows).ShouldBe(1);
    }

    [Fact]
    public async Task RedisDiesMeanwhile_WhoWaitedComputes()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _planes[0].Replicas["1"].Before = () => gate.Task;
        var first = _planes[0].Predictions.PredictAsync(_planes[0].Call([1], budget: Patience), CancellationToken.None).AsTask();
        await Plane.UntilAsync(() => _planes[0].Replicas["1"].Calls == 1, "the holder computes");
        var answers = Ask(10, [1], _planes[1], _planes[2]);
        await Plane.UntilAsync(() => _planes.Sum(p => p.Flights.Following) == 2, "the others wait for it");
        await _server.KillAsync();
        (await SoonAsync(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        gate.SetResult();
        (await first).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task ShareOfTheTimeUsedUp_WhoWaitedComputes()
    {
        await StartPlanesAsync(TimeSpan.FromMinutes(1), flightShare: 0.01);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _planes[0].Replicas["1"].Before = () => gate.Task;
        var first = _planes[0].Predictions.PredictAsync(_planes[0].Call([1], budget: Patience), CancellationToken.None).AsTask();
        await Plane.UntilAsync(() => _planes[0].Replicas["1"].Calls == 1, "the holder computes");
        (await Task.WhenAll(Ask(10, [1], _planes[1], _planes[2]))).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        gate.SetResult();
        (await first).Kind.ShouldBe(OutcomeKind.Ok);
    }

    /// <summary>Long before the callers' share of the time is used up.</summary>
    private static Task<PredictionOutcome[]> SoonAsync(Task<PredictionOutcome>[] answers) => Task.WhenAll(answers).WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System);

    private int Calls => _planes.Sum(p => p.Replicas.TryGetValue("1", out var replica) ? replica.Calls : 0);

    private async Task StartPlanesAsync(TimeSpan lease, bool singleFlight = true, double flightShare = 0.9)
    {
        var redis = _server.Options;
        redis.Silence = TimeSpan.FromMinutes(1);
        for (var i = 0; i < 3; i++)
        {
            var plane = await Plane.StartAsync(redis, o => (o.LongestRead, o.FlightLease, o.FlightShare) = (TimeSpan.FromMinutes(1), lease, flightShare));
            _planes.Add(plane);
            await plane.ServeAsync(v => v with { Cache = new CacheSpec { SingleFlight = singleFlight } }, "1");
            await plane.UntilConnectedAsync();
        }
    }

    private TaskCompletionSource CloseGates()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var plane in _planes)
        {
            plane.Replicas["1"].Before = () => gate.Task;
        }

        return gate;
    }

    private Task<PredictionOutcome>[] Ask(int callers, double[] row, params Plane[] planes)
    {
        var asked = planes.Length == 0 ? [.. _planes] : planes;
        return [.. Enumerable.Range(0, callers).Select(i => asked[i % asked.Length].Predictions.PredictAsync(asked[i % asked.Length].Call(row, budget: Patience), CancellationToken.None).AsTask())];
    }
}
