using System.Net;
using System.Text;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>What else a stranger would try against a running cluster: wrong inputs, pass-through, metrics, conformance.</summary>
public abstract class ProtocolScenarios(ProtocolFixture fixture)
{
    private readonly Cluster _cluster = fixture.Cluster;
    private readonly ClusterFile _file = fixture.File;

    [Theory]
    [InlineData("/without/predict", """{"input": [1]}""", HttpStatusCode.BadRequest)]
    [InlineData("/without/predict", """{"input": ["a", 2]}""", HttpStatusCode.BadRequest)]
    [InlineData("/without/predict", """{"inputs": [1, 2]}""", HttpStatusCode.BadRequest)]
    [InlineData("/without/predict", """{"input": [1, 2]""", HttpStatusCode.BadRequest)]
    [InlineData("/without/predict", """[]""", HttpStatusCode.BadRequest)]
    [InlineData("/nothing/predict", """{"input": [1, 2]}""", HttpStatusCode.NotFound)]
    [InlineData("/v2/models/sums/infer", """{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]}""", HttpStatusCode.BadRequest)]
    [InlineData("/v2/models/sums/infer", """{"inputs": [{"name": "input", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}]}""", HttpStatusCode.BadRequest)]
    [InlineData("/v2/models/sums/versions/9/infer", """{"inputs": []}""", HttpStatusCode.NotFound)]
    [InlineData("/without/predict", """{"input": [666, 1]}""", HttpStatusCode.InternalServerError)]
    public async Task WrongInput_IsAnsweredWithWhatWasExpected(string path, string json, HttpStatusCode expected)
    {
        var (status, body) = await _cluster.PostAsync(path, json);
        status.ShouldBe(expected, body.ToString());
        body.GetProperty("error").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task ModelFails_ApplicationWithDefault_AnswersItAndSaysWhy()
    {
        var (status, body) = await _cluster.PostAsync("/with-default/predict", """{"input": [666, 1]}""");
        status.ShouldBe(HttpStatusCode.OK);
        body.GetProperty("default").GetBoolean().ShouldBeTrue();
        body.GetProperty("output").GetDouble().ShouldBe(0);
        body.GetProperty("default_explanation").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task PassThrough_StreamOfAContainersOwn_ArrivesUnchanged()
    {
        var text = await _cluster.Http.GetStringAsync($"{_cluster.Url}/containers/sums/1/stream?n=5");
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(5);
    }

    [Fact]
    public async Task Metrics_AfterAPrediction_HaveHistogramsPerApplicationAndModel()
    {
        await _cluster.PostAsync("/without/predict", """{"input": [1, 2]}""");
        var text = await _cluster.Http.GetStringAsync($"{_cluster.Admin}/metrics");
        text.ShouldContain("orchestrator_prediction_duration_seconds_bucket");
        text.ShouldContain("orchestrator_batch_size");
        text.ShouldContain("model=\"sums\"");
    }

    [Fact]
    public async Task BadFile_ChangesNothing_AndReportsEveryMistake()
    {
        var before = await _cluster.Http.GetStringAsync($"{_cluster.Admin}/api/v1/spec");
        await using var bad = await ClusterFile.WriteAsync("""
            cluster: protocol
            models:
              - name: sums
                version: "1"
                framework: nopp
                replicas: -3
            applications:
              - { name: a, slo: soon, model: summs }
            """);
        var result = await _cluster.OrchAsync("apply", "-f", bad.Path);
        result.ExitCode.ShouldBe(2);
        var said = result.Output + result.Error;
        said.ShouldContain("noop");
        said.ShouldContain("replicas");
        said.ShouldContain("20ms");
        (await _cluster.Http.GetStringAsync($"{_cluster.Admin}/api/v1/spec")).ShouldBe(before);
    }

    [Fact]
    public async Task Apply_Again_ChangesNothing()
    {
        var result = (await _cluster.OrchAsync("apply", "-f", _file.Path, "--output", "json")).ShouldSucceed();
        System.Text.Json.JsonDocument.Parse(result.Output).RootElement.GetProperty("changed").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task ContainerCheck_OfARunningContainer_Passes()
    {
        var replica = (await _cluster.StatusAsync()).Models[0].Versions[0].Replicas[0];
        (await _cluster.CheckAsync(replica, "sums")).ShouldSucceed();
    }

    [Fact]
    public async Task Body_LargerThanTheLimit_Is413()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"input": [{{new string('1', 17 * 1024 * 1024)}}]}"""));
        using var response = await _cluster.Http.PostAsync($"{_cluster.Url}/without/predict", content);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }
}

/// <summary>As child processes.</summary>
public sealed class ProtocolTests(ProtocolTests.Fixture fixture) : ProtocolScenarios(fixture), IClassFixture<ProtocolTests.Fixture>
{
    /// <summary>The cluster.</summary>
    public sealed class Fixture() : ProtocolFixture(Runtimes.Process);
}

/// <summary>In real containers.</summary>
[Trait("Needs", "Docker")]
public sealed class ProtocolUnderDockerTests(ProtocolUnderDockerTests.Fixture fixture) : ProtocolScenarios(fixture), IClassFixture<ProtocolUnderDockerTests.Fixture>
{
    /// <summary>The cluster.</summary>
    public sealed class Fixture() : ProtocolFixture(Runtimes.Docker);
}

/// <summary>One cluster for all of them: nothing here changes it.</summary>
public abstract class ProtocolFixture(string runtime) : IAsyncLifetime
{
    internal Cluster Cluster { get; private set; } = null!;

    internal ClusterFile File { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        File = await ClusterFile.WriteAsync(ClusterFile.Under(runtime, """
            cluster: protocol
            models:
              - name: sums
                version: "1"
                framework: noop
                options: { columns: 2, failValue: 666 }
                cache: { enabled: false }
            applications:
              - { name: with-default, slo: 5s, defaultOutput: 0, model: sums }
              - { name: without, slo: 5s, model: sums }
            """));
        Cluster = await Cluster.StartAsync(File.Path, runtime: runtime);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await File.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
