using System.Runtime.InteropServices;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Tests.Rig;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Redis.Tests;

/// <summary>Two processes' worth of data planes on one real Redis.</summary>
public sealed class SharedCacheTests : IAsyncLifetime
{
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Answer_OfOnePlane_IsKnownToTheOther()
    {
        await using var one = await ConnectedAsync();
        await using var other = await ConnectedAsync();
        var computed = await one.AskAsync(1, 2, 3);
        computed.FromCache.ShouldBeFalse();
        await one.UntilWrittenAsync(_server, 1);
        var found = await other.AskAsync(1, 2, 3);
        found.FromCache.ShouldBeTrue();
        Texts(found).ShouldBe(Texts(computed));
        other.Replicas.Values.Sum(r => r.Calls).ShouldBe(0);
    }

    [Fact]
    public async Task Rows_OfOneRequest_AreLookedUpAlone()
    {
        await using var one = await ConnectedAsync();
        await using var other = await ConnectedAsync();
        await one.AskAsync(1, 1);
        await one.AskAsync(2, 2);
        await one.UntilWrittenAsync(_server, 2);
        var outcomes = await other.Predictions.PredictManyAsync([other.Call([1, 1]), other.Call([5, 5]), other.Call([2, 2])], CancellationToken.None);
        outcomes.Select(o => o.FromCache).ShouldBe([true, false, true]);
        other.Replicas["1"].Rows.ShouldBe(1);
    }

    [Fact]
    public async Task WhatDiffers_HasAnEntryOfItsOwn_WhatIsEqualHasOne()
    {
        await using var plane = await ConnectedAsync("1", "2");
        PredictionCall[] calls =
        [
            plane.Call([1, 2, 3, 4]),
            plane.Call([1, 2, 3, 5]),
            plane.Call([1, 2, 3, 4], [1, 2, 2]),
            plane.Call([1, 2, 3, 4], version: "2"),
            plane.Call([1, 2, 3, 4], factor: 2),
            plane.Call([1, 2, 3, 4], outputs: ["sum"]),
        ];
        foreach (var call in calls.Concat(calls))
        {
            (await plane.Predictions.PredictAsync(call, CancellationToken.None)).Kind.ShouldBe(OutcomeKind.Ok);
        }

        await plane.UntilWrittenAsync(_server, calls.Length);
        plane.Replicas.Values.Sum(r => r.Rows).ShouldBe(calls.Length);
    }

    [Fact]
    public async Task SameName_OtherArtefact_IsNeverFound()
    {
        await using var one = await ConnectedAsync();
        await one.AskAsync(1);
        await one.UntilWrittenAsync(_server, 1);
        await using var other = await ConnectedAsync();
        await other.ServeAsync(v => v with { Artefact = new ArtefactSpec { Digest = "sha256:" + new string('b', 64) } }, "1");
        (await other.AskAsync(1)).FromCache.ShouldBeFalse();
        await other.UntilWrittenAsync(_server, 2);
    }

    [Fact]
    public async Task SwitchedOff_ForAModel_StaysInTheProcess()
    {
        await using var plane = await ConnectedAsync();
        await plane.ServeAsync(v => v with { Cache = new CacheSpec { Shared = false } }, "1");
        await plane.AskAsync(1);
        (await plane.AskAsync(1)).FromCache.ShouldBeTrue();
        await plane.ServeAsync(v => v, "1");
        await plane.AskAsync(2);
        await plane.UntilWrittenAsync(_server, 1);
    }

    [Fact]
    public async Task Dropped_OnlyTheScopeGoes()
    {
        await using var plane = await ConnectedAsync("1", "2");
        for (var i = 0; i < 600; i++)
        {
            await plane.Predictions.PredictAsync(plane.Call([i]), CancellationToken.None);
            await plane.Predictions.PredictAsync(plane.Call([i], version: "2"), CancellationToken.None);
        }

        await plane.UntilWrittenAsync(_server, 1200);
        var scope = plane.State.Table.Models[Plane.Model].Versions["1"].CacheScope.Name;
        (await plane.Store.DropAsync(scope, CancellationToken.None)).ShouldBe(600);
        (await _server.AskAsync("DBSIZE")).ShouldBe(":600\r\n");
    }

    [Fact]
    public async Task Key_IsPrefixedScopedAndWhole_AndExpires()
    {
        await using var plane = await ConnectedAsync();
        await plane.AskAsync(1);
        await plane.UntilWrittenAsync(_server, 1);
        var scope = plane.State.Table.Models[Plane.Model].Versions["1"].CacheScope.Name;
        var key = (await _server.AskAsync("RANDOMKEY"))[..^2];
        key = key[(key.IndexOf("\r\n", StringComparison.Ordinal) + 2)..];
        key.ShouldStartWith($"test:p1:{scope}:");
        key.Length.ShouldBe($"test:p1:{scope}:".Length + 32);
        var expires = await _server.AskAsync($"EVAL \"return redis.call('PTTL', redis.call('RANDOMKEY'))\" 0");
        long.Parse(expires.Trim(':', '\r', '\n')).ShouldBeInRange(1, (long)CacheSpec.DefaultTtl.TotalMilliseconds);
    }

    [Fact]
    public async Task FiveHundredEqualQuestions_AtOnce_AreOneCall()
    {
        await using var plane = await ConnectedAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        plane.Replicas["1"].Before = () => gate.Task;
        var answers = Enumerable.Range(0, 500).Select(_ => plane.AskAsync(7, 7)).ToArray();
        await Plane.UntilAsync(() => plane.Replicas["1"].Calls == 1, "the one call is made");
        gate.SetResult();
        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        plane.Replicas["1"].Rows.ShouldBe(1);
    }

    [Fact]
    public async Task Password_IsUsed_AndAWrongOneIsSaidWithoutSayingIt()
    {
        await using var guarded = await RedisServer.StartAsync("sesame");
        await using (var plane = await Plane.StartAsync(guarded.Options))
        {
            await plane.UntilConnectedAsync();
            await plane.AskAsync(1);
            await plane.UntilWrittenAsync(guarded, 1);
        }

        var wrong = guarded.Options;
        wrong.Password = "wrong-secret";
        await using var refused = await Plane.StartAsync(wrong);
        await Plane.UntilAsync(() => refused.Store.Problem?.Contains("password", StringComparison.Ordinal) == true, "the refusal is known");
        refused.Store.Problem!.ShouldNotContain("wrong-secret");
        (await refused.AskAsync(1)).Kind.ShouldBe(OutcomeKind.Ok);
    }

    private async Task<Plane> ConnectedAsync(params string[] versions)
    {
        var plane = await Plane.StartAsync(_server.Options, 1 << 20, versions);
        await plane.UntilConnectedAsync();
        return plane;
    }

    private static string[] Texts(PredictionOutcome outcome) => [.. outcome.Outputs.Select(o => $"{o.Name} {o.DataType} [{string.Join(',', o.Shape)}] {Convert.ToHexString(o.Data.Span)}")];
}
