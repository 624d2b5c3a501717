using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Admin;

public sealed class FeatureEndpointsTests
{
    private const string View = """{"name":"v","entity":[{"name":"id","type":"int64"}],"features":[{"name":"x","type":"double","default":1},{"name":"t","type":"string"}]}""";
    private readonly MemoryFeatureStore _store = new();

    private Task<HostRig> StartAsync(bool hasStore = true) => HostRig.StartAsync(add: services =>
    {
        if (hasStore)
        {
            services.AddSingleton<IFeatureStore>(_store);
        }
    });

    private static Task<Answer> WriteAsync(HostRig rig, string rows, string view = View) =>
        rig.Admin.SendAsync(HttpMethod.Post, "/api/v1/features", Encoding.UTF8.GetBytes($$"""{"view":{{view}},"rows":{{rows}}}"""), ("Content-Type", "application/json"));

    private static void Desire(HostRig rig, string type) => rig.Control.Desired = new ClusterSpec
    {
        Applications =
        [
            FakeModels.Application("a", "m", TimeSpan.FromSeconds(1)) with
            {
                Features = new FeaturesSpec { Views = [new FeatureViewSpec { Name = "v", Entity = [new EntityKeySpec { Name = "id", Type = "int64" }], Features = [new FeatureSpec { Name = "x", Type = type }, new FeatureSpec { Name = "t", Type = "string" }] }] },
            },
        ],
    };

    [Fact]
    public async Task Write_ThenShow_GivesWhatAPredictionWouldUse()
    {
        await using var rig = await StartAsync();
        Desire(rig, "double");
        (await WriteAsync(rig, """[{"id":7,"x":0.5},{"id":"08","t":"a","_at":1767323045000}]""")).Text.ShouldBe("""{"written":2}""");
        var shown = await rig.Admin.ReadAsync("/api/v1/features/v?id=8&application=a");
        shown.Status.ShouldBe(200, shown.Text);
        shown.Text.ShouldContain("""
            "entity":{"id":"8"},"at":"2026-01-02T03:04:05+00:00","features":[{"name":"x","type":"double","problem":"nothing is stored"},{"name":"t","type":"string","stored":"a","used":"a"}]
            """.Trim());
    }

    [Fact]
    public async Task Write_WithMistakes_WritesNothing()
    {
        await using var rig = await StartAsync();
        var answer = await WriteAsync(rig, """[{"id":7,"x":0.5},{"id":8,"x":"much"},5]""");
        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain("rows[1]");
        answer.Text.ShouldContain("expected a number, such as 0.5 (double)");
        answer.Text.ShouldContain("rows[2]");
        (await WriteAsync(rig, "[]", """{"name":"v","entity":[],"features":[]}""")).Status.ShouldBe(400);
        (await WriteAsync(rig, "[]", View.Replace("\"name\":\"v\",", "\"name\":\"v\",\"layout\":\"feast\",\"project\":\"p\",", StringComparison.Ordinal))).Text.ShouldContain("feast materialize");
        _store.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Write_OfAnotherTypeThanIsRead_IsAConflict()
    {
        await using var rig = await StartAsync();
        Desire(rig, "int64");
        var answer = await WriteAsync(rig, """[{"id":7}]""");
        (answer.Status, _store.Count).ShouldBe((409, 0));
        answer.Json.GetProperty("error").GetString()!.ShouldContain("feature 'x' is int64 there and double here");
    }

    [Fact]
    public async Task Store_ThatDoesNotAnswer_Is503()
    {
        await using var rig = await StartAsync();
        Desire(rig, "double");
        _store.End = StoreEnd.TimedOut;
        (await WriteAsync(rig, """[{"id":7}]""")).Status.ShouldBe(503);
        (await rig.Admin.ReadAsync("/api/v1/features/v?id=8")).Status.ShouldBe(503);
        await using var without = await StartAsync(hasStore: false);
        var answer = await WriteAsync(without, """[{"id":7}]""");
        answer.Status.ShouldBe(503);
        answer.Text.ShouldContain("no Redis is configured");
    }

    [Theory]
    [InlineData("/api/v1/features/w?id=7", 404, "There is no feature view 'w'")]
    [InlineData("/api/v1/features/v?id=x", 400, "'id' is 'x'; expected a whole number of 64 bits (int64), as in ?id=...")]
    [InlineData("/api/v1/features/v", 400, "'id' is missing")]
    [InlineData("/api/v1/features/v?di=7", 400, "not looked up by 'di' (did you mean 'id'?)")]
    public async Task Show_WhatIsNotThere_IsSaid(string path, int status, string text)
    {
        await using var rig = await StartAsync();
        Desire(rig, "double");
        var answer = await rig.Admin.ReadAsync(path);
        answer.Status.ShouldBe(status, answer.Text);
        answer.Json.GetProperty("error").GetString()!.ShouldContain(text);
    }
}
