using System.Runtime.InteropServices;
using Orchestrator.Redis.Tests.Rig;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Redis.Tests;

/// <summary>What can befall a Redis, while two planes are under load: every request is answered in time, none wrong, and the shared level comes back by itself.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const int Workers = 16;
    private const int MostPendingCalls = 256;

    /// <summary>Generous: what is tested is that a fault does not take requests with it, not how fast this machine is.</summary>
    private static readonly TimeSpan Slo = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private RedisServer _server = null!;
    private FaultyProxy _proxy = null!;
    private Plane _one = null!;
    private Plane _other = null!;
    private int _next;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _proxy = new FaultyProxy(_server.Port);
        _one = await StartPlaneAsync();
        _other = await StartPlaneAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public Task Killed_AndStartedEmpty() => SurviveAsync(_server.KillAsync, _server.StartAgainAsync);

    [Fact]
    public Task Hung() => SurviveAsync(
        () =>
        {
            _server.Hang();
            return Task.CompletedTask;
        },
        () =>
        {
            _server.Resume();
            return Task.CompletedTask;
        });

    [Fact]
    public Task SlowBy100Milliseconds() => SurviveAsync(
        () =>
        {
            _proxy.Delay = TimeSpan.FromMilliseconds(100);
            return Task.CompletedTask;
        },
        () =>
        {
            _proxy.Delay = TimeSpan.Zero;
            return Task.CompletedTask;
        });

    [Fact]
    public Task ConnectionReset_InTheMiddleOfAReply() => SurviveAsync(
        async () =>
        {
            _proxy.CutNextReply();
            await Plane.UntilAsync(() => _proxy.HasCut, "a reply was cut");
        },
        () => Task.CompletedTask);

    [Fact]
    public Task WrongBytes_UnderEveryKey() => SurviveAsync(
        async () => (await _server.AskAsync(
            "EVAL \"local k = redis.call('KEYS', '*') local whole = redis.call('GET', k[1]) for i, n in ipairs(k) do local v = redis.call('GET', n) local m = i % 4 "
            + "if m == 0 then redis.call('SET', n, 'x') elseif m == 1 then redis.call('SET', n, string.sub(v, 1, -2)) "
            + "elseif m == 2 then redis.call('SET', n, whole) else redis.call('DEL', n) redis.call('LPUSH', n, 'x') end end return #k\" 0")).ShouldStartWith(":"),
        async () => (await _server.AskAsync("FLUSHALL")).ShouldBe("+OK\r\n"));

    private async Task SurviveAsync(Func<Task> breakAsync, Func<Task> mendAsync)
    {
        await SharesAsync();
        using var end = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers).Select(w => Task.Run(() => AskAsync(w % 2 == 0 ? _one : _other, end.Token))).ToArray();
        await Task.Delay(Phase, TimeProvider.System);
        await breakAsync();
        var until = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(until) < Phase)
        {
            // A link counts what has no reply, whoever still waits for it: that is all the memory a hung server can take.
            (_one.Connection.Link?.Calls ?? 0).ShouldBeLessThanOrEqualTo(MostPendingCalls + Workers);
            _one.Writes.Count.ShouldBeLessThanOrEqualTo(SharedCacheOptions.DefaultMostPendingWrites);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        await mendAsync();
        await SharesAsync();
        await end.CancelAsync();
        var asked = (await Task.WhenAll(workers)).Sum();
        asked.ShouldBeGreaterThan(Workers);
    }

    /// <summary>Until an answer of one plane is known to the other.</summary>
    private async Task SharesAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!limit.IsCancellationRequested)
        {
            var row = (double)(10_000_000 + Interlocked.Increment(ref _next));
            await CheckAsync(_one, row);
            for (var attempt = 0; attempt < 20; attempt++)
            {
                // Two keys each time: the other plane keeps what it computed itself.
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                if ((await _server.AskAsync("DBSIZE")) != ":0\r\n")
                {
                    break;
                }
            }

            if ((await CheckAsync(_other, row)).FromCache)
            {
                return;
            }
        }

        Assert.Fail("the planes did not find back to sharing their answers");
    }

    /// <summary>Questions of which many were asked before, here or at the other plane.</summary>
    private static async Task<int> AskAsync(Plane plane, CancellationToken end)
    {
        var asked = 0;
        for (; !end.IsCancellationRequested; asked++)
        {
            await CheckAsync(plane, Random.Shared.Next(20_000));
            if (asked % 64 == 63)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
            }
        }

        return asked;
    }

    private static async Task<PredictionOutcome> CheckAsync(Plane plane, double value)
    {
        var outcome = await plane.Predictions.PredictAsync(plane.Call([value, 1], budget: Slo), CancellationToken.None);
        outcome.Kind.ShouldBe(OutcomeKind.Ok, outcome.Explanation);
        MemoryMarshal.Read<double>(outcome.Outputs.Single(o => o.Name == "sum").Data.Span).ShouldBe(value + 1 + 2000 + '1');
        return outcome;
    }

    private async Task<Plane> StartPlaneAsync()
    {
        var options = _server.Options;
        options.Endpoints = [_proxy.Endpoint];
        options.MostPendingCalls = MostPendingCalls;

        // So small that most questions go on to Redis.
        var plane = await Plane.StartAsync(options, 256 * 1024);
        await plane.UntilConnectedAsync();
        return plane;
    }
}
