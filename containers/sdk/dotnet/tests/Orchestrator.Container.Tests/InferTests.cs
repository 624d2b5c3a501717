using System.Buffers;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

public sealed class InferTests
{
    [Fact]
    public async Task Infer_Json_AnswersAllOutputsAndEchoesTheId()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync("""
            {"id":"a7","inputs":[{"name":"x","datatype":"FP64","shape":[2,2],"data":[[1,2],[3,4.5]]},{"name":"t","datatype":"BYTES","shape":[2],"data":["é",""]}]}
            """);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await TestContainer.AnswerAsync(response);
        (answer.ModelName, answer.ModelVersion, answer.Id).ShouldBe(("m", "1", "a7"));
        answer.Outputs.Select(o => o.Name).ShouldBe(["y", "u"]);
        Doubles(answer.Outputs[0]).ShouldBe([2, 4, 6, 9]);
        answer.Outputs[1].Data.ToArray().ShouldBe([2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0]);
        answer.RowErrors.ShouldBeNull();
    }

    [Fact]
    public async Task Infer_Binary_AnswersBinaryWithTimings()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.SendAsync(Binary(out var length, 1, 2, 3, 4), (ContractNames.HeaderLength, length));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        var answer = await TestContainer.AnswerAsync(response);
        Doubles(answer.Outputs[0]).ShouldBe([2, 4, 6, 8]);
        long.Parse(response.Headers.GetValues(ContractNames.QueueUs).Single()).ShouldBeGreaterThanOrEqualTo(0);
        long.Parse(response.Headers.GetValues(ContractNames.ComputeUs).Single()).ShouldBeGreaterThanOrEqualTo(0);
        response.Headers.GetValues(ContractNames.ModelVersion).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Infer_RequestedOutputs_LimitsOrdersAndChoosesBinaryPerOutput()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync("""
            {"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]}],"outputs":[{"name":"u"},{"name":"y","parameters":{"binary_data":true}}]}
            """);

        var text = await response.Content.ReadAsStringAsync(TestContainer.Token);
        text.ShouldContain("binary_data_size");
        var answer = await TestContainer.AnswerAsync(response);
        answer.Outputs.Select(o => o.Name).ShouldBe(["u", "y"]);
        Doubles(answer.Outputs[1]).ShouldBe([2, 4]);
    }

    [Fact]
    public async Task Infer_OtherDatatypeWithTheSameMeaning_IsConverted()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync("""{"inputs":[{"name":"x","datatype":"INT32","shape":[1,2],"data":[1,2]}]}""");

        Doubles((await TestContainer.AnswerAsync(response)).Outputs[0]).ShouldBe([2, 4]);
    }

    [Fact]
    public async Task Infer_SingleRowsFail_KeepsTheOthersAndEmptiesTheirPlaces()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync($$"""
            {"inputs":[{"name":"x","datatype":"FP64","shape":[3,2],"data":[1,1,{{GateModel.BadRow}},5,3,3]},{"name":"t","datatype":"BYTES","shape":[3],"data":["a","b","c"]}]}
            """);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await TestContainer.AnswerAsync(response);
        answer.RowErrors.ShouldBe(new Dictionary<int, string> { [1] = "row with -1" });
        Doubles(answer.Outputs[0]).ShouldBe([2, 2, 0, 0, 6, 6]);
        answer.Outputs[1].Data.ToArray().ShouldBe([1, 0, 0, 0, (byte)'a', 0, 0, 0, 0, 1, 0, 0, 0, (byte)'c']);
    }

    [Fact]
    public async Task Infer_ModelThrows_FailsTheBatchWithTypeAndTextAndServesTheNext()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync(TestContainer.Rows(1, GateModel.BadBatch));

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldBe("InvalidOperationException: batch with -2");
        (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Infer_ModelLeavesAnOutputOut_FailsTheBatchAndNamesIt()
    {
        var signature = new GateModel().Signature;
        await using var container = await TestContainer.StartAsync(model: new GateModel { Signature = signature with { Outputs = [.. signature.Outputs, new("z", DataType.Int64, [-1])] } });

        var response = await container.InferAsync(TestContainer.Rows(1));

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldContain("'z'");
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[1]", "")]
    [InlineData("""{"inputs":[]}""", "at least one tensor")]
    [InlineData("""{"inputs":[{"name":"q","datatype":"FP64","shape":[1,2],"data":[1,2]}]}""", "unknown input 'q', expected 'x', 't'")]
    [InlineData("""{"inputs":[{"name":"t","datatype":"BYTES","shape":[1],"data":["a"]}]}""", "input 'x' is missing")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[1,2,3]}]}""", "expected [-1,2]")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[0,2],"data":[]}]}""", "at least one row")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[2],"data":[1,2]}]}""", "expected [-1,2]")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1]}]}""", "x")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,2],"data":["1","2"]}]}""", "x")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]},{"name":"t","datatype":"BYTES","shape":[2],"data":["a","b"]}]}""", "2 rows, expected 1")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]},{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]}]}""", "x")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]}],"outputs":[{"name":"w"}]}""", "unknown output 'w', expected 'y', 'u'")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,2]}],"outputs":[{"name":"y"},{"name":"y"}]}""", "'y'")]
    public async Task Infer_WrongRequest_Answers400ThatSaysWhereAndWhat(string json, string expected)
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync(json);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldContain(expected);
        container.Gate.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(ContractNames.HeaderLength, "x")]
    [InlineData(ContractNames.HeaderLength, "-1")]
    [InlineData(ContractNames.HeaderLength, "99999")]
    [InlineData(ContractNames.DeadlineMs, "soon")]
    [InlineData("Orchestrator-Deadline-Ms", "NaN")]
    public async Task Infer_WrongHeader_Answers400(string name, string value)
    {
        await using var container = await TestContainer.StartAsync();

        (await container.InferAsync(TestContainer.Rows(1), (name, value))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Infer_MoreRowsThanMaxBatchSize_Answers400()
    {
        await using var container = await TestContainer.StartAsync();

        var response = await container.InferAsync(TestContainer.Rows(new double[101]));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldBe("101 rows, expected at most 100 (max_batch_size)");
    }

    [Fact]
    public async Task Infer_RowsWithoutValues_CannotMakeHugeOutputs()
    {
        var model = new GateModel { Signature = new() { Inputs = [new("x", DataType.Fp64, [-1, -1])], Outputs = [new("y", DataType.Fp64, [-1, -1])] } };
        await using var container = await TestContainer.StartAsync(model: model);

        var response = await container.InferAsync("""{"inputs":[{"name":"x","datatype":"FP64","shape":[2000000000,0],"data":[]}]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        model.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Infer_BodyOverTheLimit_Answers413(bool chunked)
    {
        await using var container = await TestContainer.StartAsync(new ContainerSettings { MaxBatchBytes = 1000 });
        var body = new byte[2000 + (1024 * 1024) + 1];
        HttpContent content = chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body);
        content.Headers.ContentLength = chunked ? null : body.Length;
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        var response = await container.Client.SendAsync(request, TestContainer.Token);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await TestContainer.JsonAsync(response))["error"]!.GetValue<string>().ShouldContain("1050576 bytes");
    }

    [Fact]
    public async Task Infer_TraceParent_ReachesTheModel()
    {
        await using var container = await TestContainer.StartAsync();
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        await container.InferAsync(TestContainer.Rows(1), ("traceparent", Parent));

        container.Gate.TraceParent.ShouldBe(Parent);
    }

    [Fact]
    public async Task Infer_MalformedBodies_NeverFailTheContainer()
    {
        await using var container = await TestContainer.StartAsync();
        var random = new Random(7);
        using var valid = Binary(out var validLength, 1, 2, 3, 4);
        var template = await valid.ReadAsByteArrayAsync(TestContainer.Token);
        for (var i = 0; i < 2000; i++)
        {
            var body = template.ToArray();
            for (var j = 0; j < random.Next(1, 6); j++)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            var length = random.Next(4) == 0 ? random.Next(body.Length + 20).ToString(System.Globalization.CultureInfo.InvariantCulture) : validLength;
            using var content = new ByteArrayContent(body[..random.Next(body.Length / 2, body.Length + 1)]);
            var response = await container.SendAsync(content, (ContractNames.HeaderLength, length));
            ((int)response.StatusCode).ShouldBeOneOf(200, 400);
        }

        (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static double[] Doubles(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.Data.Span).ToArray();

    private static ByteArrayContent Binary(out string headerLength, params double[] values)
    {
        var writer = new ArrayBufferWriter<byte>();
        var input = new Tensor("x", DataType.Fp64, [values.Length / 2, 2], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        headerLength = InferCodec.WriteBinaryRequest(writer, new InferRequest { Inputs = [input] }).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new ByteArrayContent(writer.WrittenMemory.ToArray());
    }
}
