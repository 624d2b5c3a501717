using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query;

[Collection(SharedRigCollection.Name)]
public sealed class QueryRoutesTests(SharedRig shared)
{
    private HttpClient Query => shared.Host.Query;

    [Theory]
    [InlineData("/v2/health/live", """{"live":true}""")]
    [InlineData("/v2/health/ready", """{"ready":true}""")]
    [InlineData("/v2/models/sum/ready", """{"name":"sum","ready":true}""")]
    [InlineData("/v2/models/sum/versions/1/ready", """{"name":"sum","ready":true}""")]
    [InlineData("/v2/models/sum", """{"name":"sum","versions":["1"],"platform":"fake","inputs":[{"name":"input","datatype":"FP64","shape":[-1,4]}],"outputs":[{"name":"total","datatype":"FP64","shape":[-1]}],"properties":{"framework":"fake 1.0"}}""")]
    public async Task Get_OfProtocol_Answers(string path, string body)
    {
        var answer = await Query.ReadAsync(path);

        answer.Status.ShouldBe(200);
        answer.Text.ShouldBe(body);
    }

    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    public async Task Get_Server_ListsBinaryExtension(string path)
    {
        var answer = await Query.ReadAsync(path);

        answer.Json.GetProperty("name").GetString().ShouldBe("orchestrator");
        answer.Json.GetProperty("extensions").EnumerateArray().Select(e => e.GetString()).ShouldContain("binary_tensor_data");
    }

    [Fact]
    public async Task Get_Models_ListsAll() =>
        (await Query.ReadAsync("/v2/models")).Json.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("name").GetString()).ShouldBe(FakeModels.Signatures.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("", 11)]
    [InlineData("{}", 11)]
    [InlineData("""{"ready":true}""", 10)]
    public async Task Post_RepositoryIndex_ListsVersions(string body, int count) =>
        (await Query.PostAsync("/v2/repository/index", body)).Json.GetArrayLength().ShouldBe(count);

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"ready":1}""")]
    public async Task Post_RepositoryIndexMalformed_Is400(string body) => (await Query.PostAsync("/v2/repository/index", body)).Status.ShouldBe(400);

    [Fact]
    public async Task Get_ReadyOfModelWithoutReplica_Is503WithReason()
    {
        var answer = await Query.ReadAsync("/v2/models/absent/ready");

        answer.Status.ShouldBe(503);
        answer.Text.ShouldBe("""{"name":"absent","ready":false,"error":"it crashed"}""");
    }

    [Theory]
    [InlineData("/v2/models/nope")]
    [InlineData("/v2/models/nope/ready")]
    [InlineData("/v2/models/sum/versions/9")]
    public async Task Get_UnknownModel_Is404(string path) => (await Query.ReadAsync(path)).Status.ShouldBe(404);

    [Theory]
    [InlineData("/")]
    [InlineData("/predict")]
    [InlineData("/api/v1/status")]
    [InlineData("/metrics")]
    [InlineData("/a/b/c/d")]
    [InlineData("/v2/models/sum/stats/x")]
    public async Task Get_UnknownPath_Is404SayingWhatExists(string path)
    {
        var answer = await Query.ReadAsync(path);

        answer.Status.ShouldBe(404);
        answer.Text.ShouldContain("POST /absent/predict");
        answer.Message.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        answer.Json.TryGetProperty("cause", out _).ShouldBe(!path.StartsWith("/v2"));
    }

    [Theory]
    [InlineData("POST", "/v2/health/live", "GET, HEAD")]
    [InlineData("DELETE", "/v2/models/sum", "GET, HEAD")]
    [InlineData("GET", "/v2/repository/index", "POST")]
    [InlineData("GET", "/v2/models/sum/infer", "POST")]
    public async Task Send_WrongVerb_Is405WithAllow(string verb, string path, string allow)
    {
        var answer = await Query.SendAsync(new HttpMethod(verb), path);

        answer.Status.ShouldBe(405);
        string.Join(", ", answer.Message.Content.Headers.Allow).ShouldBe(allow);
        answer.Json.GetProperty("error").GetString()!.ShouldContain("is not possible on");
    }

    [Fact]
    public async Task Head_OfProtocol_AnswersWithoutBody()
    {
        var answer = await Query.SendAsync(HttpMethod.Head, "/v2/models/sum");

        answer.Status.ShouldBe(200);
        answer.Text.ShouldBeEmpty();
    }
}
