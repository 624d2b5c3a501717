using System.Net;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Every sample runs as it stands.</summary>
public abstract class SamplesScenarios(string runtime)
{
    [Fact]
    public async Task Tabular_ObjectsWithNamedColumns_EqualOfflineAnswers()
    {
        await using var file = await ClusterFile.OfSampleAsync("tabular", runtime);
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        var (status, body) = await cluster.PostAsync("/tabular/predict", """{"input": {"age": 22, "income": 21000, "city": "Berlin", "ticket": "pass"}}""");
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        body.GetProperty("output").GetString().ShouldBe("often");
        var (unknown, error) = await cluster.PostAsync("/tabular/predict", """{"input_batch": [{"age": 22, "income": 21000, "city": "Berlin", "ticket": "pass"}, {"age": 22, "income": 21000, "city": "Atlantis", "ticket": "pass"}]}""");
        unknown.ShouldBe(HttpStatusCode.OK, error.ToString());
        error.GetProperty("batch_predictions")[0].GetProperty("output").GetString().ShouldBe("often");
        error.GetProperty("batch_predictions")[1].GetProperty("cause").GetString()!.ShouldContain("Atlantis");
        var (alone, said) = await cluster.PostAsync("/tabular/predict", """{"input": {"age": 22, "income": 21000, "city": "Atlantis", "ticket": "pass"}}""");
        alone.ShouldBe(HttpStatusCode.BadRequest, said.ToString());
        said.GetProperty("cause").GetString()!.ShouldContain("Found unknown categories ['Atlantis']");
        var (refused, text) = await cluster.PostAsync("/v2/models/tabular/infer", """
            {"inputs": [{"name": "age", "datatype": "FP64", "shape": [1], "data": [22]}, {"name": "income", "datatype": "FP64", "shape": [1], "data": [21000]},
                        {"name": "city", "datatype": "BYTES", "shape": [1], "data": ["Atlantis"]}, {"name": "ticket", "datatype": "BYTES", "shape": [1], "data": ["pass"]}]}
            """);
        refused.ShouldBe(HttpStatusCode.BadRequest, text.ToString());
        text.GetProperty("error").GetString()!.ShouldContain("Atlantis");
        var (missing, cause) = await cluster.PostAsync("/tabular/predict", """{"input": {"age": 22, "income": 21000, "city": "Berlin"}}""");
        missing.ShouldBe(HttpStatusCode.BadRequest);
        cause.ToString().ShouldContain("ticket");
    }

    [Fact]
    public async Task Custom_ContainerOfOnesOwn_Answers()
    {
        await using var file = await ClusterFile.OfSampleAsync("custom", runtime);
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        var (status, body) = await cluster.PostAsync("/totals/predict", """{"input": [1, 2.5, 3]}""");
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        body.GetProperty("output").GetDouble().ShouldBe(6.5);
    }

    [Fact]
    public async Task Weighted_SameKeySameVersion_AndBothVersionsAnswer()
    {
        await using var file = await ClusterFile.OfSampleAsync("weighted", runtime);
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        var image = HeldOutDigits.Json(HeldOutDigits.Instance.Images[0]);
        var versions = new Dictionary<string, string>();
        for (var i = 0; i < 200; i++)
        {
            var key = $"user-{i % 100}";
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{cluster.Url}/digits/predict") { Content = new StringContent($$"""{"input": {{image}}}""") };
            request.Headers.Add("Orchestrator-Key", key);
            using var response = await cluster.Http.SendAsync(request);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                // Without a default output a miss on a loaded machine is a 504: not what this test is about.
                continue;
            }

            var version = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("version").GetString()!;
            versions.TryAdd(key, version);
            versions[key].ShouldBe(version, key);
        }

        versions.Count.ShouldBeGreaterThan(90);
        versions.Values.Distinct().Order().ShouldBe(["1", "2"]);
        versions.Values.Count(v => v == "2").ShouldBeInRange(2, 25);
    }
}

/// <summary>As child processes.</summary>
public sealed class SamplesTests() : SamplesScenarios(Runtimes.Process);

/// <summary>In real containers.</summary>
[Trait("Needs", "Docker")]
public sealed class SamplesUnderDockerTests() : SamplesScenarios(Runtimes.Docker);
