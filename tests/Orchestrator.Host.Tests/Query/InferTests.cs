using System.Buffers;
using System.IO.Compression;
using System.Text;
using Orchestrator.Host.Tests.Rig;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Tests.Query;

[Collection(SharedRigCollection.Name)]
public sealed class InferTests(SharedRig shared)
{
    private const string Sum = """{"id":"q1","inputs":[{"name":"input","shape":[2,4],"datatype":"FP64","data":[1,2,3,4,5,6,7,8]}]}""";
    private HttpClient Query => shared.Host.Query;

    [Theory]
    [InlineData("/v2/models/sum/infer")]
    [InlineData("/v2/models/sum/versions/1/infer")]
    public async Task Infer_Json_AnswersJsonAndEchoesId(string path)
    {
        var answer = await Query.PostAsync(path, Sum);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("model_name").GetString().ShouldBe("sum");
        answer.Json.GetProperty("model_version").GetString().ShouldBe("1");
        answer.Json.GetProperty("id").GetString().ShouldBe("q1");
        var output = answer.Json.GetProperty("outputs")[0];
        output.GetProperty("name").GetString().ShouldBe("total");
        output.GetProperty("shape").GetRawText().ShouldBe("[2]");
        output.GetProperty("datatype").GetString().ShouldBe("FP64");
        output.GetProperty("data").EnumerateArray().Select(e => e.GetDouble()).ShouldBe([10, 26]);
    }

    [Fact]
    public async Task Infer_OwnParameter_ReachesTheContainer()
    {
        var answer = await Query.PostAsync("/v2/models/sum/infer", """{"parameters":{"factor":3},""" + Sum[1..]);

        answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble().ShouldBe(30);
    }

    [Theory]
    [InlineData("INT32", "[1,2,3,4]")]
    [InlineData("FP32", "[1,2,3,4]")]
    [InlineData("UINT8", "[[1,2,3,4]]")]
    public async Task Infer_OtherDatatype_IsConverted(string datatype, string data)
    {
        var answer = await Query.PostAsync("/v2/models/sum/infer", $$"""{"inputs":[{"name":"input","shape":[1,4],"datatype":"{{datatype}}","data":{{data}}}]}""");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble().ShouldBe(10);
    }

    [Fact]
    public async Task Infer_BinaryInAndOut_RoundTrips()
    {
        var writer = new ArrayBufferWriter<byte>();
        var length = InferCodec.WriteBinaryRequest(writer, new InferRequest { Id = "b", Inputs = [Tensors.Of("input", [1, 4], 1, 2, 3, 4.5)] });

        var (response, headers) = await SendBinaryAsync("/v2/models/sum/infer", writer.WrittenSpan.ToArray(), length);

        headers.ShouldBe("application/octet-stream");
        response.Id.ShouldBe("b");
        Tensors.Doubles(response.Outputs[0]).ShouldBe([10.5]);
    }

    [Fact]
    public async Task Infer_HeaderLengthZero_WholeBodyIsTheSingleInput()
    {
        var answer = await Query.SendAsync(HttpMethod.Post, "/v2/models/sum/infer", Tensors.Of("input", [1, 4], 1, 2, 3, 4).Data.ToArray(), (ContractNames.HeaderLength, "0"));

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble().ShouldBe(10);
    }

    [Fact]
    public async Task Infer_RequestedOutputs_AreOrderedAndBinaryEachAsAsked()
    {
        var body = """
            {"inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[3]},{"name":"city","shape":[1,1],"datatype":"BYTES","data":["Rome"]}],
             "outputs":[{"name":"label"},{"name":"score","parameters":{"binary_data":true}}]}
            """;

        var (response, _) = await SendBinaryAsync("/v2/models/people/infer", Encoding.UTF8.GetBytes(body), null);

        response.Outputs.Select(o => o.Name).ShouldBe(["label", "score"]);
        Tensors.Texts(response.Outputs[0]).ShouldBe(["Rome"]);
        Tensors.Doubles(response.Outputs[1]).ShouldBe([3]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedBody_IsRead(string encoding)
    {
        var answer = await Query.SendAsync(HttpMethod.Post, "/v2/models/sum/infer", Compress(encoding, Encoding.UTF8.GetBytes(Sum)), ("Content-Encoding", encoding));

        answer.Status.ShouldBe(200, answer.Text);
    }

    [Fact]
    public async Task Infer_CompressedBombBeyondLimit_Is413()
    {
        var answer = await Query.SendAsync(HttpMethod.Post, "/v2/models/sum/infer", Compress("gzip", new byte[64 * 1024 * 1024]), ("Content-Encoding", "gzip"));

        answer.Status.ShouldBe(413, answer.Text);
        answer.Json.GetProperty("error").GetString()!.ShouldContain("larger than");
    }

    [Theory]
    [InlineData("gzip", 400)]
    [InlineData("deflate", 400)]
    [InlineData("br", 415)]
    public async Task Infer_BodyNotAsEncoded_IsRefused(string encoding, int status) =>
        (await Query.SendAsync(HttpMethod.Post, "/v2/models/sum/infer", Encoding.UTF8.GetBytes(Sum), ("Content-Encoding", encoding))).Status.ShouldBe(status);

    [Fact]
    public async Task Infer_RowFails_IsResponseParameter()
    {
        var answer = await Query.PostAsync("/v2/models/rowfail/infer", """{"inputs":[{"name":"input","shape":[2,4],"datatype":"FP64","data":[1,1,1,1,-1,1,1,1]}]}""");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("parameters").GetProperty("errors").GetString().ShouldBe("""{"1":"ValueError: negative"}""");
    }

    [Fact]
    public async Task Infer_RowsInputIsAtFault_IsResponseParameterBesideTheOtherRowsAnswers()
    {
        var answer = await Query.PostAsync("/v2/models/rowrefuse/infer", """{"inputs":[{"name":"input","shape":[2,4],"datatype":"FP64","data":[1,1,1,1,-1,1,1,1]}]}""");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("parameters").GetProperty("invalid_rows").GetString().ShouldBe("[1]");
        answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble().ShouldBe(4);
    }

    [Theory]
    [InlineData("rowfail", 500)]
    [InlineData("rowrefuse", 400)]
    public async Task Infer_NoRowWasAnswered_FailsAsItsCauseSays(string model, int status)
    {
        var answer = await Query.PostAsync($"/v2/models/{model}/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[-1,1,1,1]}]}""");

        answer.Status.ShouldBe(status, answer.Text);
        answer.Json.GetProperty("error").GetString().ShouldBe("ValueError: negative");
    }

    [Theory]
    [InlineData("hang", 504)]
    [InlineData("broken", 500)]
    [InlineData("picky", 400)]
    [InlineData("absent", 503)]
    public async Task Infer_Fails_AnswersStatusOfItsCause(string model, int status)
    {
        var answer = await Query.PostAsync($"/v2/models/{model}/infer", Sum);

        answer.Status.ShouldBe(status, answer.Text);
        answer.Json.EnumerateObject().Select(p => p.Name).ShouldBe(["error"]);
    }

    [Theory]
    [InlineData("""{"parameters":{"timeout":1},""")]
    [InlineData("""{"parameters":{"timeout":"1"},""")]
    public async Task Infer_TimeoutParameter_ShortensTheModels(string prefix) =>
        (await Query.PostAsync("/v2/models/sum/infer", prefix + Sum[1..])).Status.ShouldBe(504);

    [Theory]
    [InlineData("""{"parameters":{"timeout":-1},""")]
    [InlineData("""{"parameters":{"timeout":true},""")]
    [InlineData("""{"parameters":{"timeout":1.5},""")]
    public async Task Infer_TimeoutIsNoTime_Is400(string prefix) =>
        (await Query.PostAsync("/v2/models/sum/infer", prefix + Sum[1..])).Status.ShouldBe(400);

    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData("{}", "")]
    [InlineData("""{"inputs":[]}""", "input")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]}""", "'input' is missing")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]},{"name":"y","shape":[1],"datatype":"FP64","data":[1]}]}""", "no input 'y'")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP64","data":[1,2,3]}]}""", "expected shape [-1,4]")]
    [InlineData("""{"inputs":[{"name":"input","shape":[4],"datatype":"FP64","data":[1,2,3,4]}]}""", "expected shape [-1,4]")]
    [InlineData("""{"inputs":[{"name":"input","shape":[0,4],"datatype":"FP64","data":[]}]}""", "at least 1")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,4],"datatype":"BYTES","data":["a","b","c","d"]}]}""", "input")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}],"outputs":[{"name":"nope"}]}""", "no output 'nope'; it has total")]
    public async Task Infer_WrongRequest_Is400SayingWhat(string body, string text)
    {
        var answer = await Query.PostAsync("/v2/models/sum/infer", body);

        answer.Status.ShouldBe(400, answer.Text);
        answer.Json.GetProperty("error").GetString()!.ShouldContain(text);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("999999")]
    public async Task Infer_HeaderLengthIsNone_Is400(string value) =>
        (await Query.PostAsync("/v2/models/sum/infer", Sum, (ContractNames.HeaderLength, value))).Status.ShouldBe(400);

    [Fact]
    public async Task Infer_DifferentRows_Is400()
    {
        var answer = await Query.PostAsync("/v2/models/people/infer",
            """{"inputs":[{"name":"age","shape":[2],"datatype":"FP64","data":[3,4]},{"name":"city","shape":[1,1],"datatype":"BYTES","data":["Rome"]}]}""");

        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain("must be the same");
    }

    [Theory]
    [InlineData("/v2/models/nope/infer", "There is no model 'nope'. Models: absent")]
    [InlineData("/v2/models/sum/versions/9/infer", "does not serve version '9'. Versions that can be called: 1.")]
    public async Task Infer_Unknown_Is404SayingWhatExists(string path, string text)
    {
        var answer = await Query.PostAsync(path, Sum);

        answer.Status.ShouldBe(404);
        answer.Json.GetProperty("error").GetString()!.ShouldContain(text);
    }

    private async Task<(InferResponse Response, string? ContentType)> SendBinaryAsync(string path, byte[] body, int? headerLength)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (headerLength is { } length)
        {
            request.Headers.Add(ContractNames.HeaderLength, length.ToString());
        }

        var response = await Query.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        response.IsSuccessStatusCode.ShouldBeTrue(Encoding.UTF8.GetString(bytes));
        var header = int.Parse(response.Headers.GetValues(ContractNames.HeaderLength).Single());
        return (InferCodec.ReadResponse(bytes, header, CodecLimits.Default), response.Content.Headers.ContentType?.MediaType);
    }

    private static byte[] Compress(string encoding, byte[] plain)
    {
        using var target = new MemoryStream();
        using (Stream compressor = encoding == "gzip" ? new GZipStream(target, CompressionLevel.Fastest) : new ZLibStream(target, CompressionLevel.Fastest))
        {
            compressor.Write(plain);
        }

        return target.ToArray();
    }
}
