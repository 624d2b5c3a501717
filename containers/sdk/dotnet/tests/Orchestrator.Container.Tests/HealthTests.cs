using System.Net;
using System.Text.Json.Nodes;

namespace Orchestrator.Container.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Container_WhileLoading_IsLiveAndNotReady()
    {
        await using var container = await TestContainer.StartAsync(load: false);

        (await GetAsync(container, "/v2/health/live")).ShouldBe((200, """{"live":true}"""));
        (await GetAsync(container, "/v2/health/ready")).ShouldBe((503, """{"ready":false}"""));
        (await GetAsync(container, "/v2/models/m/ready")).ShouldBe((503, """{"name":"m","ready":false}"""));
        (await GetAsync(container, "/v2/models/m")).Status.ShouldBe(503);
        (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await container.Running.LoadAsync(TestContainer.Token);
        (await GetAsync(container, "/v2/health/ready")).ShouldBe((200, """{"ready":true}"""));
        (await GetAsync(container, "/v2/models/m/versions/1/ready")).ShouldBe((200, """{"name":"m","ready":true}"""));
    }

    [Fact]
    public async Task Health_WhileABatchComputes_Answers()
    {
        await using var container = await TestContainer.StartAsync();
        container.Gate.Holds = true;
        var batch = container.InferAsync(TestContainer.Rows(1));
        await container.Gate.EnteredAsync();

        (await GetAsync(container, "/v2/health/live")).Status.ShouldBe(200);
        (await GetAsync(container, "/v2/health/ready")).Status.ShouldBe(200);
        batch.IsCompleted.ShouldBeFalse();

        container.Gate.Gate.Set();
        (await batch).StatusCode.ShouldBe(HttpStatusCode.OK);
        container.Gate.Thread.ShouldBe("batch-0");
    }

    [Fact]
    public async Task ServerMetadata_Always_NamesProgramAndExtensions()
    {
        await using var container = await TestContainer.StartAsync(load: false);
        const string Expected = """{"name":"test","version":"1.0.0","extensions":["binary_tensor_data","orchestrator_container_1"]}""";

        (await GetAsync(container, "/v2")).ShouldBe((200, Expected));
        (await GetAsync(container, "/v2/")).ShouldBe((200, Expected));
    }

    [Theory]
    [InlineData("/v2/models/m")]
    [InlineData("/v2/models/m/versions/1")]
    public async Task ModelMetadata_WhenLoaded_HasSignatureAndProperties(string path)
    {
        await using var container = await TestContainer.StartAsync();
        var expected = JsonNode.Parse("""
            {"name":"m","versions":["1"],"platform":"gate",
             "inputs":[{"name":"x","datatype":"FP64","shape":[-1,2]},{"name":"t","datatype":"BYTES","shape":[-1]}],
             "outputs":[{"name":"y","datatype":"FP64","shape":[-1,2]},{"name":"u","datatype":"BYTES","shape":[-1]}],
             "properties":{"concurrency":"1","max_batch_size":"100","framework":"gate 1","warnings":"first\nsecond","optional_inputs":"t"}}
            """);

        var (status, text) = await GetAsync(container, path);

        status.ShouldBe(200);
        JsonNode.DeepEquals(JsonNode.Parse(text), expected).ShouldBeTrue(text);
    }

    [Theory]
    [InlineData("GET", "/v2/models/other", 404)]
    [InlineData("GET", "/v2/models/m2/ready", 404)]
    [InlineData("GET", "/v2/models/m/versions/2", 404)]
    [InlineData("GET", "/v2/models/m/versions/12/ready", 404)]
    [InlineData("POST", "/v2/models/other/infer", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/v2/models/m/infer", 405)]
    [InlineData("POST", "/v2/health/live", 405)]
    [InlineData("DELETE", "/v2/models/m", 405)]
    [InlineData("POST", "/lines", 405)]
    public async Task Router_PathOrVerbThatIsNotServed_AnswersJsonError(string verb, string path, int status)
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.Client.SendAsync(new HttpRequestMessage(new HttpMethod(verb), path), TestContainer.Token);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldNotBeEmpty();
    }

    internal static async Task<(int Status, string Body)> GetAsync(TestContainer container, string path)
    {
        var response = await container.Client.GetAsync(new Uri(path, UriKind.Relative), TestContainer.Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContainer.Token));
    }
}
