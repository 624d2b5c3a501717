using System.Buffers;
using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class InferCodecResponseTests
{
    private const string Output = """{"name":"y","shape":[2],"datatype":"INT64","data":[1,2]}""";

    [Fact]
    public void ReadResponse_FullAnswer_EveryMemberIsThere()
    {
        var response = ReadResponse($$"""{"model_name":"m","model_version":"3","id":"a","parameters":{"p":1,"errors":"{\"1\":\"bad row\"}"},"outputs":[{{Output}}],"x":[]}""");

        response.ModelName.ShouldBe("m");
        response.ModelVersion.ShouldBe("3");
        response.Id.ShouldBe("a");
        response.Parameters.Keys.ShouldBe(["p"]);
        response.RowErrors.ShouldNotBeNull().ShouldHaveSingleItem().ShouldBe(new(1, "bad row"));
        response.Outputs.ShouldHaveSingleItem().ShouldEqual(new Tensor("y", DataType.Int64, [2], Raw(1L, 2)));
    }

    [Fact]
    public void ReadResponse_NullsAndObjectsOfForeignServers_ArePassedOver()
    {
        var response = ReadResponse("""
            {"model_name":"m","model_version":null,"id":null,"parameters":{"headers":{"a":[1]},"n":null,"errors":0,"ok":true},
             "outputs":[{"name":"y","shape":[],"datatype":"FP32","parameters":{"x":{"y":1},"z":null},"data":[0.5]}]}
            """);

        response.ModelVersion.ShouldBeNull();
        response.Id.ShouldBeNull();
        response.RowErrors.ShouldBeNull();
        response.Parameters.Keys.ShouldBe(["errors", "ok"], ignoreOrder: true);
        response.Outputs[0].ShouldEqual(new Tensor("y", DataType.Fp32, [], Raw(0.5f)));
    }

    [Theory]
    [InlineData("{\"outputs\":[]}", "model_name: missing")]
    [InlineData("{\"model_name\":\"m\"}", "outputs: missing")]
    [InlineData("{\"model_name\":\"m\",\"outputs\":{}}", "outputs: expected an array")]
    [InlineData("{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\"}]}", "output 'y': datatype is missing")]
    [InlineData("{\"model_name\":\"m\",\"model_name\":\"m\"}", "model_name is given twice")]
    [InlineData("{\"error\":\"x\"}", "outputs: missing")]
    public void ReadResponse_WrongAnswer_SaysWhereAndWhatWasExpected(string json, string message) =>
        Should.Throw<ProtocolException>(() => ReadResponse(json)).Message.ShouldContain(message);

    [Theory]
    [InlineData("x", "expected a JSON object")]
    [InlineData("[]", "expected an object but got an array")]
    [InlineData("{'2':'a'}", "expected a row below 2 but got '2'")]
    [InlineData("{'-1':'a'}", "expected a row below 2 but got '-1'")]
    [InlineData("{'a':'a'}", "expected a row below 2 but got 'a'")]
    [InlineData("{'0':1}", "row 0: expected a string but got 1")]
    [InlineData("{'0':'a','0':'b'}", "row 0 is given twice")]
    public void ReadResponse_WrongRowErrors_Refused(string errors, string message)
    {
        var text = errors.Replace("'", "\\\"", StringComparison.Ordinal);
        Should.Throw<ProtocolException>(() => ReadResponse($$"""{"model_name":"m","parameters":{"errors":"{{text}}"},"outputs":[{{Output}}]}""")).Message.ShouldContain(message);
    }

    [Fact]
    public void ReadResponse_InvalidRows_AreTakenOutOfTheParameters()
    {
        var response = ReadResponse($$"""{"model_name":"m","parameters":{"errors":"{\"0\":\"a\",\"1\":\"b\"}","invalid_rows":"[1]"},"outputs":[{{Output}}]}""");

        response.InvalidRows.ShouldBe([1]);
        response.Parameters.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("x", "invalid_rows: expected a JSON array of rows")]
    [InlineData("[0.5]", "invalid_rows: expected a JSON array of rows")]
    [InlineData("[0]", "invalid_rows: expected only rows that the parameter errors names but got 0")]
    [InlineData("[1,-1]", "invalid_rows: expected only rows that the parameter errors names but got -1")]
    public void ReadResponse_WrongInvalidRows_Refused(string rows, string message) =>
        Should.Throw<ProtocolException>(() => ReadResponse($$"""{"model_name":"m","parameters":{"errors":"{\"1\":\"b\"}","invalid_rows":"{{rows}}"},"outputs":[{{Output}}]}""")).Message.ShouldContain(message);

    [Fact]
    public void WriteResponse_JsonBinaryOrMixed_ReadsBackEqual()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var outputs = Enumerable.Range(0, random.Next(0, 4)).Select(n => RandomTensors.Next(random, JsonTypes[random.Next(JsonTypes.Length)], $"y{n}")).ToArray();
            var errors = outputs.Length > 0 && outputs[0].Rows > 0 && random.Next(2) == 0 ? new Dictionary<int, string> { [outputs[0].Rows - 1] = "ValueError: \"é\"" } : null;
            var response = new InferResponse { ModelName = "m\"", ModelVersion = "1", Id = "é", Outputs = outputs, RowErrors = errors, InvalidRows = errors is null || i % 2 == 0 ? [] : [.. errors.Keys] };
            var raw = outputs.Where(_ => random.Next(2) == 0).Select(o => o.Name).ToHashSet();
            var buffer = new ArrayBufferWriter<byte>();

            var length = InferCodec.WriteResponse(buffer, response, raw.Contains);
            var read = InferCodec.ReadResponse(buffer.WrittenMemory, length, CodecLimits.Default);

            (length is null).ShouldBe(raw.Count == 0);
            (read.ModelName, read.ModelVersion, read.Id).ShouldBe((response.ModelName, "1", "é"));
            read.RowErrors.ShouldBe(errors);
            read.InvalidRows.ShouldBe(response.InvalidRows);
            read.Outputs.Count.ShouldBe(outputs.Length);
            for (var o = 0; o < outputs.Length; o++)
            {
                read.Outputs[o].ShouldEqual(outputs[o]);
            }
        }
    }

    [Fact]
    public void WriteResponse_AllJson_HasNoHeaderLength()
    {
        var response = new InferResponse { ModelName = "m", Outputs = [new Tensor("y", DataType.Fp32, [1, 2], Raw(1f, 2.5f))] };
        Written(w => InferCodec.WriteResponse(w, response, null).ShouldBeNull()).ShouldBe("""{"model_name":"m","outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","data":[1,2.5]}]}""");
    }
}
