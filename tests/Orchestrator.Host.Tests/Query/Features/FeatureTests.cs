using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query.Features;

/// <summary>Requests that name an entity, through the whole query frontend.</summary>
public sealed class FeatureTests : IAsyncLifetime
{
    private static readonly TimeSpan Slo = TimeSpan.FromSeconds(20);
    private readonly MemoryFeatureStore _store = new();
    private HostRig _rig = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await HostRig.StartAsync(add: services => services.AddSingleton<IFeatureStore>(_store));
        var container = await _rig.AddContainerAsync();
        await _rig.PublishAsync(
            [.. new[] { "people", "sum", "matrix" }.Select(name => new ServedModel { Name = name, ServingVersion = "1", Timeout = Slo, Versions = [FakeModels.Served(name, "1", container)] })],
            [
                Application("people", "people", new FeaturesSpec { Views = [View("ages", "id", ("age", "double", "30")), View("places", "id", ("city", "string", null))] }),
                Application("people-default", "people", new FeaturesSpec { Views = [View("places", "id", ("city", "string", null))] }, "-1"),
                Application("sum", "sum", new FeaturesSpec { Columns = ["a", "b", "c", "d"], Views = [View("numbers", "id", ("d", "double", "0"), ("b", "bool", null))] }),
                Application("misfit", "matrix", new FeaturesSpec { Views = [View("numbers", "id", ("m", "double", null))] }),
                FakeModels.Application("plain", "sum", Slo),
            ]);
        _store.Put("ages", "7", ("age", "41.5"));
        _store.Put("places", "7", ("city", "Zürich \"A\""));
        _store.Put("numbers", "7", ("d", "1000"), ("b", "true"));
        _store.Put("numbers", "8", ("b", "maybe"));
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData("""{"entity": {"id": 7}}""")]
    [InlineData("""{"entity": {"id": "7"}, "input": null}""")]
    [InlineData("""{"input": {"note": "x"}, "entity": {"id": 7}}""")]
    [InlineData("""{"input": {"age": 41.5, "city": "Zürich \"A\""}}""")]
    [InlineData("""{"entity": {"id": 7}, "input": [41.5, "Zürich \"A\"", null]}""")]
    public async Task Entity_StandsForWhatTheStoreKnows(string body) => await ShouldAnswerAsync("people", body, """{"score":41.5,"label":"Zürich \u0022A\u0022"}""");

    [Fact]
    public async Task WhatIsGiven_WinsOverTheStore_AndSparesTheLookup()
    {
        await ShouldAnswerAsync("people", """{"entity": {"id": 7}, "input": {"age": 5}}""", """{"score":5,"label":"Zürich \u0022A\u0022"}""");
        _store.Reads.Single().ShouldBe(["places/7"]);
        await ShouldAnswerAsync("people", """{"entity": {}, "input": {"age": 5, "city": "B"}}""", """{"score":5,"label":"B"}""");
        _store.Reads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Row_IsPutTogetherInTheColumnsOrder()
    {
        (await OutputAsync("sum", """{"entity": {"id": 7}, "input": {"c": 100, "a": 10}}""")).ShouldBe("1111");
        (await OutputAsync("sum", """{"entity": {"id": 7}, "input": [10, 100]}""")).ShouldBe("1111");
        (await OutputAsync("sum", """{"input": [1, 2, 3, 4]}""")).ShouldBe("10");
    }

    [Fact]
    public async Task AllViewsAndEntities_AreReadTogether_EachOnce()
    {
        _store.Put("ages", "8", ("age", "8"));
        _store.Put("places", "8", ("city", "B"));
        var answer = await _rig.Query.PostAsync("/people/predict", """{"entity_batch": [{"id": 7}, {"id": 8}, {"id": "07"}, {"id": 7}]}""");
        Rows(answer).Select(r => r.GetProperty("output").GetDouble()).ShouldBe([41.5, 8, 41.5, 41.5]);
        _store.Reads.Single().ShouldBe(["ages/7", "ages/8", "places/7", "places/8"]);
    }

    [Fact]
    public async Task OneEntity_ForABatchOfInputs_IsReadOnce()
    {
        var answer = await _rig.Query.PostAsync("/sum/predict", """{"entity": {"id": 7}, "input_batch": [[1, 2], {"a": 3, "c": 4, "d": 0}]}""");
        Rows(answer).Select(r => r.GetProperty("output").GetDouble()).ShouldBe([1004, 8]);
        _store.Reads.Single().ShouldBe(["numbers/7"]);
    }

    [Fact]
    public async Task NothingIsKnown_DefaultsStandIn_OrTheQueryFailsAlone()
    {
        var answer = await _rig.Query.PostAsync("/people/predict", """{"entity_batch": [{"id": 7}, {"id": 9}], "input": {"age": 1}}""");
        Rows(answer)[0].GetProperty("output").GetDouble().ShouldBe(1);
        Rows(answer)[1].GetProperty("error").GetString().ShouldBe("Feature missing");
        answer = await _rig.Query.PostAsync("/people/predict", """{"entity": {"id": 9}}""");
        (answer.Status, answer.Json.GetProperty("cause").GetString()).ShouldBe((424, "Feature 'city' has no value and no default: view 'places' has nothing for id=9."));
        await ShouldAnswerAsync("people", """{"entity": {"id": 9}, "input": {"city": "B"}}""", """{"score":30,"label":"B"}""");
        (await _rig.Query.PostAsync("/sum/predict", """{"entity": {"id": 8}, "input": [1, 2]}""")).Text.ShouldContain("'b' of id=8 in view 'numbers' is not of its type; expected true or false");
    }

    [Theory]
    [InlineData(StoreEnd.TimedOut, "the feature store did not answer within 5000ms")]
    [InlineData(StoreEnd.Full, "too much is on its way")]
    [InlineData(StoreEnd.Unavailable, "the connection to the feature store broke")]
    public async Task StoreGivesNoAnswer_IsUnavailable_ButForDefaults(StoreEnd end, string cause)
    {
        _store.End = end;
        var answer = await _rig.Query.PostAsync("/people/predict", """{"entity": {"id": 7}}""");
        (answer.Status, answer.Json.GetProperty("error").GetString()).ShouldBe((503, "Features unavailable"));
        answer.Json.GetProperty("cause").GetString()!.Replace("5s", "5000ms", StringComparison.Ordinal).ShouldContain(cause);
        answer.Message.Headers.RetryAfter.ShouldNotBeNull();
        await ShouldAnswerAsync("people", """{"entity": {"id": 7}, "input": {"city": "B"}}""", """{"score":30,"label":"B"}""");
    }

    [Fact]
    public async Task DefaultOutput_StandsInForFeaturesToo()
    {
        var answer = await _rig.Query.PostAsync("/people-default/predict", """{"entity": {"id": 9}, "input": {"age": 1}}""");
        (answer.Status, answer.Json.GetProperty("output").GetInt32(), answer.Json.GetProperty("default").GetBoolean()).ShouldBe((200, -1, true));
        answer.Json.GetProperty("default_explanation").GetString()!.ShouldContain("view 'places' has nothing for id=9");
    }

    [Theory]
    [InlineData("people", """{"entity": 7}""", "entity is 7; expected an object with the keys of the entity, such as {\"id\": 7}.")]
    [InlineData("people", """{"entity": {}}""", "the entity lacks 'id', which view 'ages' is looked up by; expected id.")]
    [InlineData("people", """{"entity": {"di": 7}}""", "entity has 'di', which nothing is looked up by (did you mean 'id'?); expected id.")]
    [InlineData("people", """{"entity": {"id": "x"}}""", "entity: 'id' is \"x\"; expected a whole number of 64 bits (int64).")]
    [InlineData("people", """{"entity": {"id": 7.5}}""", "entity: 'id' is 7.5; expected a whole number of 64 bits (int64).")]
    [InlineData("people", """{"entity": {"id": [7]}}""", "entity: 'id' is an array; expected a whole number of 64 bits (int64).")]
    [InlineData("people", """{"entity_batch": {"id": 7}}""", "Type mismatch! JSON key entity_batch expected type Array")]
    [InlineData("people", """{"entity_batch": [{"id": 7}], "input_batch": [{}, {}]}""", "entity_batch has 1 elements and input_batch 2; expected as many, or one entity or input for all.")]
    [InlineData("people", """{"entity": {"id": 7}, "entity_batch": []}""", "entity and entity_batch are both given; expected one of them.")]
    [InlineData("people", """{"entity": {"id": 7}, "input": {"agee": 1}}""", "input: the model has no input 'agee' (did you mean 'age'?); it has age, city, note.")]
    [InlineData("people", """{"entity": {"id": 7}, "input": {"age": "x"}}""", "input 'age': element 0: expected a number in the range of FP64")]
    [InlineData("sum", """{"entity": {"id": 7}, "input": {"a": 1}}""", "column 'c' is missing; expected it in the input, for no feature fills it.")]
    [InlineData("sum", """{"entity": {"id": 7}, "input": [1, 2, 3]}""", "input has 3 values; expected one for each of a, c, in this order; features fill the others.")]
    [InlineData("sum", """{"entity": {"id": 7}, "input": {"a": 1, "a": 2}}""", "input: 'a' is given twice.")]
    [InlineData("plain", """{"entity": {"id": 7}}""", "Application 'plain' looks nothing up by entity (it has no features); give the whole input or input_batch")]
    [InlineData("people", """{"entity": {"id": 7}, "version": "9"}""", "Requested version: 9 does not exist for model: people")]
    [InlineData("people", """{"entity": {"id": 7}""", "JSON parse error")]
    public async Task Mistake_OfTheClient_IsSaid(string application, string body, string cause)
    {
        var answer = await _rig.Query.PostAsync($"/{application}/predict", body);
        answer.Status.ShouldBe(400, answer.Text);
        answer.Json.GetProperty("cause").GetString()!.ShouldContain(cause);
        _store.Reads.Count.ShouldBeLessThan(2);
    }

    [Fact]
    public async Task FeaturesThatDoNotFitTheModel_AreTheOperatorsMistake()
    {
        var answer = await _rig.Query.PostAsync("/misfit/predict", """{"entity": {"id": 7}}""");
        answer.Status.ShouldBe(500, answer.Text);
        answer.Text.ShouldContain("which features cannot make");
    }

    [Fact]
    public async Task Metrics_CountByApplicationAndView()
    {
        await _rig.Query.PostAsync("/people/predict", """{"entity_batch": [{"id": 7}, {"id": 9}]}""");
        var metrics = await _rig.Admin.GetStringAsync("/metrics");
        metrics.ShouldContain("""orchestrator_feature_lookups_total{application="people",result="found",view="ages"} 1""");
        metrics.ShouldContain("""orchestrator_feature_lookups_total{application="people",result="missing",view="places"} 1""");
        metrics.ShouldContain("""orchestrator_feature_defaults_total{application="people",view="ages"} 1""");
        metrics.ShouldContain("""orchestrator_feature_failures_total{application="people",view="places"} 1""");
        metrics.ShouldContain("""orchestrator_feature_lookup_duration_seconds_count{application="people",view="ages"} 1""");
    }

    private async Task ShouldAnswerAsync(string application, string body, string outputs)
    {
        var answer = await _rig.Query.PostAsync($"/{application}/predict", body);
        answer.Status.ShouldBe(200, answer.Text);
        JsonElement.DeepEquals(answer.Json.GetProperty("outputs"), JsonDocument.Parse(outputs).RootElement).ShouldBeTrue(answer.Text);
    }

    private async Task<string> OutputAsync(string application, string body)
    {
        var answer = await _rig.Query.PostAsync($"/{application}/predict", body);
        answer.Status.ShouldBe(200, answer.Text);
        return answer.Json.GetProperty("output").GetRawText();
    }

    private static JsonElement[] Rows(Answer answer) => [.. answer.Json.GetProperty("batch_predictions").EnumerateArray()];

    private static ApplicationSpec Application(string name, string model, FeaturesSpec features, string? byDefault = null) => FakeModels.Application(name, model, Slo, byDefault) with { Features = features };

    private static FeatureViewSpec View(string name, string key, params (string Name, string Type, string? Default)[] features) => new()
    {
        Name = name,
        Entity = [new EntityKeySpec { Name = key, Type = "int64" }],
        Features = [.. features.Select(f => new FeatureSpec { Name = f.Name, Type = f.Type, Default = f.Default is null ? null : JsonDocument.Parse(f.Default).RootElement.Clone() })],
    };
}
