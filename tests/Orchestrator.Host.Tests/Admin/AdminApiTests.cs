using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Admin;

public sealed class AdminApiTests : IAsyncLifetime
{
    private const string Version = """{"version":"2","framework":"noop"}""";
    private HostRig _rig = null!;

    private HttpClient Admin => _rig.Admin;

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData("PUT", "/api/v1/spec", """{"name":"c","models":[]}""", "apply c 0 Whole")]
    [InlineData("PUT", "/api/v1/spec?keepOthers=true&dryRun=true", "{}", "preview default 0 KeepOthers []")]
    [InlineData("POST", "/api/v1/models/digits/deploy", """{"version":""" + Version + "}", "deploy digits 2 current=True")]
    [InlineData("POST", "/api/v1/models/digits/deploy", """{"version":""" + Version + ""","makeCurrent":false}""", "deploy digits 2 current=False")]
    [InlineData("POST", "/api/v1/models/digits/rollback", "", "rollback digits -")]
    [InlineData("POST", "/api/v1/models/digits/rollback", """{"version":"1"}""", "rollback digits 1")]
    [InlineData("POST", "/api/v1/models/digits/rollback", "{}", "rollback digits -")]
    [InlineData("POST", "/api/v1/models/digits/versions/1/scale", """{"replicas":3}""", "scale digits:1 3")]
    [InlineData("DELETE", "/api/v1/models/digits", "", "remove digits")]
    [InlineData("DELETE", "/api/v1/models/digits/versions/1", "", "remove digits:1")]
    [InlineData("DELETE", "/api/v1/applications/digits", "", "remove application digits")]
    [InlineData("PUT", "/api/v1/applications/a", """{"name":"a","slo":{"latency":"20ms"},"selection":{"targets":[{"model":"digits"}]}}""", "put a")]
    public async Task Change_Valid_IsAskedOfControlAndAnswered(string verb, string path, string body, string call)
    {
        var answer = await Admin.SendAsync(new HttpMethod(verb), path, Encoding.UTF8.GetBytes(body));

        answer.Status.ShouldBe(200, answer.Text);
        _rig.Control.Calls.ShouldBe([call]);
        JsonSerializer.Deserialize(answer.Text, CoreJson.Default.ApplyResult)!.Revision.ShouldBe(7);
    }

    [Theory]
    [InlineData(ChangeKind.Invalid, 400)]
    [InlineData(ChangeKind.Unknown, 404)]
    [InlineData(ChangeKind.Conflict, 409)]
    [InlineData(ChangeKind.NotStored, 507)]
    public async Task Change_Refused_AnswersAdminErrorWithStatus(ChangeKind kind, int status)
    {
        _rig.Control.Next = new ChangeOutcome(kind, null, new AdminError("no", [new SpecError("models[0]", "why")]));

        var answer = await Admin.SendAsync(HttpMethod.Delete, "/api/v1/models/digits");

        answer.Status.ShouldBe(status);
        var error = JsonSerializer.Deserialize(answer.Text, CoreJson.Default.AdminError)!;
        error.Error.ShouldBe("no");
        error.Details.Single().Path.ShouldBe("models[0]");
    }

    [Theory]
    [InlineData("{", "$", 1)]
    [InlineData("{\n\"name\": 5}", "$.name", 2)]
    [InlineData("{\n\n\"modles\": []}", "$", 3)]
    [InlineData("""{"models":[{"name":"a"}]}""", "$.models[0]", 1)]
    [InlineData("""{"models":null}""", "$.models", 1)]
    [InlineData("null", "$", null)]
    [InlineData("", "$", 1)]
    public async Task Change_JsonMistake_Is400WithPathAndLine(string body, string path, int? line)
    {
        var answer = await Admin.SendAsync(HttpMethod.Put, "/api/v1/spec", Encoding.UTF8.GetBytes(body));

        answer.Status.ShouldBe(400, answer.Text);
        var detail = JsonSerializer.Deserialize(answer.Text, CoreJson.Default.AdminError)!.Details.Single();
        detail.Path.ShouldStartWith(path);
        detail.Line.ShouldBe(line);
        _rig.Control.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task PutApplication_OtherNameThanPath_Is400() =>
        (await Admin.SendAsync(HttpMethod.Put, "/api/v1/applications/b", """{"name":"a","slo":{"latency":"20ms"},"selection":{}}"""u8.ToArray())).Status.ShouldBe(400);

    [Fact]
    public async Task Status_IsCoreJson()
    {
        var answer = await Admin.ReadAsync("/api/v1/status");

        var status = JsonSerializer.Deserialize(answer.Text, CoreJson.Default.ClusterStatus)!;
        status.Cluster.ShouldBe("test");
        answer.Text.ShouldContain("\"phase\":\"Ready\"");
        answer.Text.ShouldContain("\"startupTimeout\":\"30s\"");
    }

    [Theory]
    [InlineData("/api/v1/models", "\"name\":\"digits\"")]
    [InlineData("/api/v1/models/digits", "\"currentVersion\":\"1\"")]
    [InlineData("/api/v1/models/digits/versions/1/profile", "\"p50\":\"2ms\"")]
    [InlineData("/api/v1/applications", "\"latency\":\"20ms\"")]
    [InlineData("/api/v1/applications/digits", "\"available\":true")]
    [InlineData("/api/v1/spec", "\"name\":\"test\"")]
    public async Task Read_Known_Answers(string path, string part)
    {
        var answer = await Admin.ReadAsync(path);

        answer.Status.ShouldBe(200);
        answer.Text.ShouldContain(part);
    }

    [Theory]
    [InlineData("/api/v1/models/nope", "There is no model 'nope'. Models: digits.")]
    [InlineData("/api/v1/models/digits/versions/9/profile", "no version '9'. Versions: 1.")]
    [InlineData("/api/v1/models/nope/versions/9/logs", "There is no model 'nope'")]
    [InlineData("/api/v1/applications/nope", "There is no application 'nope'. Applications: digits.")]
    [InlineData("/nothing", "GET /openapi/v1.json lists what exists")]
    public async Task Read_Unknown_Is404SayingWhatExists(string path, string text)
    {
        var answer = await Admin.ReadAsync(path);

        answer.Status.ShouldBe(404);
        JsonSerializer.Deserialize(answer.Text, CoreJson.Default.AdminError)!.Error.ShouldContain(text);
    }

    [Theory]
    [InlineData("/api/v1/models/digits/versions/1/logs?tail=x")]
    [InlineData("/api/v1/models/digits/versions/1/logs?tail=-1")]
    [InlineData("/api/v1/events?since=x")]
    [InlineData("/api/v1/spec?dryRun=x", "PUT")]
    public async Task Read_BadQueryParameter_Is400InJson(string path, string verb = "GET")
    {
        var answer = await Admin.SendAsync(new HttpMethod(verb), path, verb == "GET" ? null : "{}"u8.ToArray());

        answer.Status.ShouldBe(400);
        JsonSerializer.Deserialize(answer.Text, CoreJson.Default.AdminError)!.Error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Send_WrongVerb_Is405WithAllow()
    {
        var answer = await Admin.PostAsync("/api/v1/status", "");

        answer.Status.ShouldBe(405);
        answer.Message.Content.Headers.Allow.ShouldBe(["GET"]);
        answer.Json.GetProperty("error").GetString()!.ShouldContain("use GET");
    }

    [Fact]
    public async Task Logs_NotFollowed_AreLinesWithInstance()
    {
        var answer = await Admin.ReadAsync("/api/v1/models/digits/versions/1/logs?tail=5");

        answer.Text.ShouldBe("[ab12] tail 5\n");
        answer.Message.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
    }

    [Fact]
    public async Task Logs_Followed_ArriveAtOnce()
    {
        using var reader = await OpenAsync("/api/v1/models/digits/versions/1/logs?follow=true");

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("[ab12] tail 100");
    }

    [Theory]
    [InlineData("/api/v1/events?since=1", null)]
    [InlineData("/api/v1/events", "1")]
    public async Task Events_AreServerSentEventsAfterSequence(string path, string? lastEventId)
    {
        using var reader = await OpenAsync(path, lastEventId);
        _rig.Control.Happen(new ClusterEvent(1, DateTimeOffset.UnixEpoch, "replica", "digits:1/ab12", "old"));
        _rig.Control.Happen(new ClusterEvent(2, DateTimeOffset.UnixEpoch, "replica", "digits:1/ab12", "Ready"));

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("id: 2");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("event: replica");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken))!.ShouldStartWith("data: {\"sequence\":2,");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Fact]
    public async Task Artefact_UploadedFile_IsInTheStoreByItsDigest()
    {
        var answer = await Admin.SendAsync(HttpMethod.Post, "/api/v1/artefacts?name=model.pkl&kind=file", "bytes"u8.ToArray());

        answer.Status.ShouldBe(200, answer.Text);
        var result = JsonSerializer.Deserialize(answer.Text, CoreJson.Default.UploadResult)!;
        result.Bytes.ShouldBe(5);
        var head = await Admin.SendAsync(HttpMethod.Head, "/api/v1/artefacts/" + result.Digest);
        head.Status.ShouldBe(200);
        head.Message.Headers.GetValues("Orchestrator-Artefact-Bytes").ShouldBe(["5"]);
        (await Admin.SendAsync(HttpMethod.Head, "/api/v1/artefacts/sha256:" + new string('0', 64))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Artefact_LargerThanKestrelsDefaultLimit_IsStored()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/artefacts?name=big.bin") { Content = new ByteArrayContent(new byte[40 * 1024 * 1024]) };
        request.Headers.TransferEncodingChunked = true;

        var response = await Admin.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task Artefact_UploadedTar_IsAFolder()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a/b.txt") { DataStream = new MemoryStream("hello"u8.ToArray()) });
        }

        var answer = await Admin.SendAsync(HttpMethod.Post, "/api/v1/artefacts?name=model&kind=folder", tar.ToArray());

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("bytes").GetInt64().ShouldBe(5);
    }

    [Theory]
    [InlineData("/api/v1/artefacts")]
    [InlineData("/api/v1/artefacts?name=a&kind=zip")]
    [InlineData("/api/v1/artefacts?name=..%2Fa")]
    [InlineData("/api/v1/artefacts?name=a&kind=folder")]
    public async Task Artefact_BadUpload_Is400(string path) =>
        (await Admin.SendAsync(HttpMethod.Post, path, "not a tar archive at all"u8.ToArray())).Status.ShouldBe(400);

    [Theory]
    [InlineData("http://evil.example", null, 403)]
    [InlineData("null", null, 403)]
    [InlineData(null, "cross-site", 403)]
    [InlineData("{own}", "same-origin", 200)]
    [InlineData(null, "none", 200)]
    [InlineData(null, null, 200)]
    public async Task Browser_OfOtherOrigin_IsRefused(string? origin, string? site, int status)
    {
        var headers = new List<(string, string)>();
        if (origin is not null)
        {
            headers.Add(("Origin", origin.Replace("{own}", Admin.BaseAddress!.GetLeftPart(UriPartial.Authority))));
        }

        if (site is not null)
        {
            headers.Add(("Sec-Fetch-Site", site));
        }

        (await Admin.SendAsync(HttpMethod.Delete, "/api/v1/models/digits", null, [.. headers])).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Browser_UnderANameMadeToPointHere_IsRefused() =>
        (await Admin.SendAsync(HttpMethod.Delete, "/api/v1/models/digits", null, ("Host", "rebound.example"), ("Origin", "http://rebound.example"))).Status.ShouldBe(403);

    [Fact]
    public async Task Health_BeforeAndAfterFirstSnapshot_SaysReady()
    {
        (await Admin.ReadAsync("/healthz")).Status.ShouldBe(200);
        (await Admin.ReadAsync("/readyz")).Status.ShouldBe(503);

        await _rig.PublishAsync([], []);

        (await Admin.ReadAsync("/readyz")).Status.ShouldBe(200);
        _rig.Control.Status = _rig.Control.Status with { Problem = "the registry cannot be written" };
        var answer = await Admin.ReadAsync("/readyz");
        answer.Status.ShouldBe(503);
        answer.Text.ShouldBe("the registry cannot be written\n");
    }

    private async Task<StreamReader> OpenAsync(string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.IsSuccessStatusCode.ShouldBeTrue();
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }
}
