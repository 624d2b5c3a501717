using System.Buffers;
using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class InferCodecRequestTests
{
    [Fact]
    public void ReadRequest_FullJsonRequest_EveryMemberIsThere()
    {
        var request = ReadRequest("""
            {"id":"a1","parameters":{"priority":1,"tag":"x","flag":false,"binary_data_output":true},
             "inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","parameters":{"content_type":"np"},"data":[1,2.5,-3,4e2]},
                       {"name":"s","shape":[2],"datatype":"BYTES","data":["a","\u00e9"]}],
             "outputs":[{"name":"p","parameters":{"binary_data":false}},{"name":"q"}],"later":{"deep":[1,{}]}}
            """);

        request.Id.ShouldBe("a1");
        request.BinaryOutput.ShouldBeTrue();
        request.Parameters.Keys.ShouldBe(["priority", "tag", "flag"], ignoreOrder: true);
        request.Parameters["priority"].GetInt32().ShouldBe(1);
        request.Inputs[0].ShouldEqual(new Tensor("x", DataType.Fp32, [2, 2], Raw(1f, 2.5f, -3f, 400f)));
        request.Inputs[1].ShouldEqual(new Tensor("s", DataType.Bytes, [2], Strings("a", "é")));
        request.Outputs.ShouldBe([new RequestedOutput("p", false), new RequestedOutput("q")]);
    }

    [Theory]
    [InlineData("\"data\":[[1,2],[3,4]],\"shape\":[2,2],\"datatype\":\"INT32\",\"name\":\"x\"")]
    [InlineData("\"shape\":[2,2],\"data\":[1,2,3,4],\"name\":\"x\",\"datatype\":\"INT32\"")]
    [InlineData("\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"INT32\",\"data\":[1,2,3,4]")]
    public void ReadRequest_MembersInAnyOrder_SameTensor(string members) =>
        ReadRequest(Input(members)).Inputs.ShouldHaveSingleItem().ShouldEqual(new Tensor("x", DataType.Int32, [2, 2], Raw(1, 2, 3, 4)));

    [Fact]
    public void ReadRequest_MixedBinaryAndJson_BinaryIsASliceOfTheBodyInOrder()
    {
        const string json = """
            {"inputs":[{"name":"a","shape":[1,2],"datatype":"FP64","parameters":{"binary_data_size":16}},
                       {"name":"j","shape":[1],"datatype":"INT8","data":[-5]},
                       {"name":"b","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}
            """;
        byte[] body = [.. Utf8(json), .. Raw(1.5, 2.5), .. Strings("xyz", "")];

        var request = InferCodec.ReadRequest(body, Utf8(json).Length, CodecLimits.Default);

        request.Inputs[0].ShouldEqual(new Tensor("a", DataType.Fp64, [1, 2], Raw(1.5, 2.5)));
        request.Inputs[1].ShouldEqual(new Tensor("j", DataType.Int8, [1], Raw<sbyte>(-5)));
        request.Inputs[2].ShouldEqual(new Tensor("b", DataType.Bytes, [1, 2], Strings("xyz", "")));
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(request.Inputs[0].Data, out var segment).ShouldBeTrue();
        segment.Array.ShouldBeSameAs(body);
    }

    [Theory]
    [InlineData("", "not valid JSON: The input does not contain any JSON tokens")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "inputs: missing or empty")]
    [InlineData("[]", "the request: expected an object but got an array")]
    [InlineData("null", "the request: expected an object but got null")]
    [InlineData("{\"inputs\":[]}", "inputs: missing or empty")]
    [InlineData("{\"inputs\":{}}", "inputs: expected an array but got an object")]
    [InlineData("{\"inputs\":[1]}", "input 0: expected an object but got 1")]
    [InlineData("{\"inputs\":[{}]}", "input 0: name is missing")]
    [InlineData("{\"id\":5,\"inputs\":[]}", "id: expected a string but got 5")]
    [InlineData("{\"id\":\"a\",\"id\":\"b\",\"inputs\":[]}", "id is given twice")]
    [InlineData("{\"inputs\":[],\"inputs\":[]}", "inputs is given twice")]
    [InlineData("{\"parameters\":{\"a\":[1]}}", "parameters: 'a': expected a string, a number, true or false but got an array")]
    [InlineData("{\"parameters\":{\"a\":null}}", "parameters: 'a': expected a string, a number, true or false but got null")]
    [InlineData("{\"parameters\":{\"a\":1,\"\\u0061\":2}}", "parameters: 'a' is given twice")]
    [InlineData("{\"parameters\":[]}", "parameters: expected an object but got an array")]
    [InlineData("{\"outputs\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "output 'a' is given twice")]
    [InlineData("{\"outputs\":[{}]}", "output 0: name is missing")]
    [InlineData("{\"outputs\":[{\"name\":\"a\",\"parameters\":{\"binary_data\":1}}]}", "output 0: parameters: binary_data: expected true or false but got 1")]
    public void ReadRequest_WrongRequest_SaysWhereAndWhatWasExpected(string json, string message) => RequestError(json).ShouldContain(message);

    [Theory]
    [InlineData("\"name\":\"x\",\"shape\":[1],\"data\":[1]", "input 'x': datatype is missing")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"data\":[1]", "input 'x': shape is missing")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1]", "input 'x': has neither data nor the parameter binary_data_size")]
    [InlineData("\"name\":\"x\",\"datatype\":\"fp32\",\"shape\":[1],\"data\":[1]", "input 'x': datatype 'fp32' is unknown, expected one of BOOL, UINT8")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1],\"data\":[1]", "input 'x': dimension 0 of shape [-1] is negative")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1.5],\"data\":[1]", "input 'x': dimension 0 of shape: expected an integer but got 1.5")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[99999999999999999999],\"data\":[1]", "expected an integer")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1000000000000],\"data\":[1]", "larger than a tensor may be")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[4294967296,4294967296],\"data\":[1]", "larger than a tensor may be")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1000000000,0],\"data\":[]", "larger than a tensor may be")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1000000,0],\"data\":[]", "rows without elements")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data\":[1]", "more than 16 dimensions")]
    [InlineData("\"name\":\"x\",\"name\":\"y\"", "input 'x': name is given twice")]
    [InlineData("\"name\":\"x\",\"data\":[1],\"data\":[1]", "input 'x': data is given twice")]
    [InlineData("\"name\":\"x\",\"shape\":[1],\"shape\":[1]", "input 'x': shape is given twice")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"datatype\":\"FP64\"", "input 'x': datatype is given twice")]
    [InlineData("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1],\"parameters\":{\"binary_data_size\":4}", "expected the header Inference-Header-Content-Length")]
    [InlineData("\"name\":\"x\",\"parameters\":{\"p\":{}}", "input 'x': parameters: 'p': expected a string, a number, true or false but got an object")]
    [InlineData("\"name\":\"\\ud800\"", "not valid UTF-8")]
    [InlineData("\"\\ud800\":1", "not valid UTF-8")]
    public void ReadRequest_WrongInput_NamesItAndWhatWasExpected(string members, string message) =>
        RequestError(Input(members)).ShouldContain(message);

    [Fact]
    public void ReadRequest_TwoInputsOfOneName_Refused()
    {
        const string x = """{"name":"x","shape":[1],"datatype":"INT8","data":[1]}""";
        RequestError($$"""{"inputs":[{{x}},{{x}}]}""").ShouldContain("input 'x' is given twice");
        var many = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"name":"x{{i}}","shape":[1],"datatype":"INT8","data":[1]}"""));
        ReadRequest($$"""{"inputs":[{{many}}]}""").Inputs.Count.ShouldBe(20);
        RequestError($$"""{"inputs":[{{many}},{"name":"x3","shape":[1],"datatype":"INT8","data":[1]}]}""").ShouldContain("input 'x3' is given twice");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1000)]
    public void ReadRequest_HeaderLengthOutOfRange_Refused(int length) =>
        Should.Throw<ProtocolException>(() => InferCodec.ReadRequest(Utf8("{}"), length, CodecLimits.Default)).Message.ShouldContain("expected 0 to 2");

    [Theory]
    [InlineData("16", 12, "binary_data_size is 16, but 12 bytes are left")]
    [InlineData("16", 20, "20 bytes after its JSON, expected 16")]
    [InlineData("12", 12, "12 bytes of data, expected 16 for FP64 [1, 2]")]
    [InlineData("-1", 16, "expected a whole number of bytes but got -1")]
    [InlineData("1.5", 16, "expected a whole number of bytes but got 1.5")]
    [InlineData("\"16\"", 16, "expected a whole number of bytes but got 16")]
    public void ReadRequest_BinarySizesThatDoNotAddUp_Refused(string size, int bytes, string message)
    {
        var json = Input($$$""" "name":"a","shape":[1,2],"datatype":"FP64","parameters":{"binary_data_size":{{{size}}}} """);
        byte[] body = [.. Utf8(json), .. new byte[bytes]];
        Should.Throw<ProtocolException>(() => InferCodec.ReadRequest(body, json.Length, CodecLimits.Default)).Message.ShouldContain(message);
    }

    [Fact]
    public void ReadRequest_RawBody_IsTheOnlyInput()
    {
        var input = new TensorMetadata("x", DataType.Fp32, [-1, 2]);
        InferCodec.ReadRequest(Raw(1f, 2f, 3f, 4f), 0, CodecLimits.Default, input).Inputs[0].ShouldEqual(new Tensor("x", DataType.Fp32, [2, 2], Raw(1f, 2f, 3f, 4f)));
        InferCodec.ReadRequest(Utf8("text"), 0, CodecLimits.Default, new TensorMetadata("s", DataType.Bytes, [-1, 1])).Inputs[0]
            .ShouldEqual(new Tensor("s", DataType.Bytes, [1, 1], Strings("text")));
        Should.Throw<ProtocolException>(() => InferCodec.ReadRequest(Raw(1f, 2f, 3f), 0, CodecLimits.Default, input)).Message.ShouldContain("12 bytes of data, expected 8");
        Should.Throw<ProtocolException>(() => InferCodec.ReadRequest(Raw(1f), 0, CodecLimits.Default)).Message.ShouldContain("not exactly one input");
        Should.Throw<ProtocolException>(() => InferCodec.ReadRequest(Raw(1f), 0, CodecLimits.Default, new TensorMetadata("x", DataType.Fp32, [-1, -1]))).Message.ShouldContain("cannot be told");
    }

    [Fact]
    public void ReadRequest_TrailingBytesOrDeepNesting_Refused()
    {
        const string good = """{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}""";
        ReadRequest(good + " \n ").Inputs.Count.ShouldBe(1);
        RequestError(good + "x").ShouldContain("not valid JSON");
        RequestError(good + "{}").ShouldContain("not valid JSON");
        RequestError("{\"a\":" + new string('[', 100) + new string(']', 100) + "}").ShouldContain("depth");
        RequestError(Input("\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":" + new string('[', 100))).ShouldContain("nested deeper");
    }

    [Fact]
    public void WriteBinaryRequest_AnyRequest_FirstTensorIsAlignedAndReadsBackEqual()
    {
        for (var nameLength = 1; nameLength < 70; nameLength++)
        {
            var request = new InferRequest
            {
                Id = "é\"",
                Inputs = [new Tensor(new string('n', nameLength), DataType.Fp64, [1, 2], Raw(1.0, 2.0)), new Tensor("s", DataType.Bytes, [1], Strings("x"))],
                Outputs = [new RequestedOutput("o"), new RequestedOutput("p", false)],
            };
            var buffer = new ArrayBufferWriter<byte>();

            var length = InferCodec.WriteBinaryRequest(buffer, request);
            var read = InferCodec.ReadRequest(buffer.WrittenMemory, length, CodecLimits.Default);

            (length % 64).ShouldBe(0);
            read.BinaryOutput.ShouldBeTrue();
            read.Id.ShouldBe(request.Id);
            read.Outputs.ShouldBe(request.Outputs);
            read.Inputs[0].ShouldEqual(request.Inputs[0]);
            read.Inputs[1].ShouldEqual(request.Inputs[1]);
        }
    }

    [Fact]
    public void WriteBinaryRequestHeader_TensorsWrittenAfterIt_ReadBackEqual()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var length = InferCodec.WriteBinaryRequestHeader(buffer, [new Tensor("x", DataType.Int16, [3, 1], default)], [6], []);
        buffer.Write(Raw<short>(1, 2, 3));

        var read = InferCodec.ReadRequest(buffer.WrittenMemory, length, CodecLimits.Default);

        read.Inputs.ShouldHaveSingleItem().ShouldEqual(new Tensor("x", DataType.Int16, [3, 1], Raw<short>(1, 2, 3)));
        read.BinaryOutput.ShouldBeTrue();
        read.Outputs.ShouldBeEmpty();
    }

    [Fact]
    public void WriteJsonRequest_AnyRequest_ReadsBackEqual()
    {
        var request = ReadRequest("""{"id":"q","parameters":{"a":1.50,"b":"<é>"},"inputs":[{"name":"x","shape":[2],"datatype":"UINT64","data":[0,18446744073709551615]}],"outputs":[{"name":"o"}]}""");
        Written(w => InferCodec.WriteJsonRequest(w, request))
            .ShouldBe("""{"id":"q","parameters":{"a":1.50,"b":"<é>"},"inputs":[{"name":"x","shape":[2],"datatype":"UINT64","data":[0,18446744073709551615]}],"outputs":[{"name":"o"}]}""");
    }
}
