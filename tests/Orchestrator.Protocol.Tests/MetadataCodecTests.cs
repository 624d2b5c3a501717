using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class MetadataCodecTests
{
    [Fact]
    public void ModelMetadata_WriteThenRead_IsEqual()
    {
        var metadata = new ModelMetadata
        {
            Name = "digits",
            Versions = ["1", "2"],
            Platform = "sklearn",
            Inputs = [new TensorMetadata("input", DataType.Fp64, [-1, 64])],
            Outputs = [new TensorMetadata("predict", DataType.Int64, [-1])],
            Properties = new Dictionary<string, string> { ["concurrency"] = "1" },
        };

        var json = Written(w => ModelMetadataCodec.Write(w, metadata));
        var read = ModelMetadataCodec.Read(Utf8(json), CodecLimits.Default);

        json.ShouldBe("""{"name":"digits","versions":["1","2"],"platform":"sklearn","inputs":[{"name":"input","datatype":"FP64","shape":[-1,64]}],"outputs":[{"name":"predict","datatype":"INT64","shape":[-1]}],"properties":{"concurrency":"1"}}""");
        read.Name.ShouldBe("digits");
        read.Versions.ShouldBe(["1", "2"]);
        read.Platform.ShouldBe("sklearn");
        read.Inputs[0].Shape.ShouldBe([-1, 64]);
        read.Outputs[0].DataType.ShouldBe(DataType.Int64);
        read.Properties.ShouldBe(metadata.Properties);
    }

    [Fact]
    public void ReadModelMetadata_WhatOtherServersSend_IsUnderstood()
    {
        // MLServer: nulls and parameters; Triton: BF16; others: properties that are no strings.
        var read = ModelMetadataCodec.Read(
            Utf8("""
            {"name":"m","versions":null,"platform":null,"parameters":{"content_type":"np"},"properties":{"a":1,"b":true,"c":{"d":[]},"e":null,"f":"g"},
             "inputs":[{"name":"x","datatype":"BF16","shape":[-1,3,224,224],"parameters":{"tags":["a"]}}]}
            """),
            CodecLimits.Default);

        read.Versions.ShouldBeEmpty();
        read.Platform.ShouldBe("");
        read.Inputs.ShouldHaveSingleItem().DataType.ShouldBe(DataType.Bf16);
        read.Outputs.ShouldBeEmpty();
        read.Properties.ShouldBe(new Dictionary<string, string> { ["a"] = "1", ["b"] = "true", ["f"] = "g" });
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "model metadata: expected an object")]
    [InlineData("{}", "name is missing")]
    [InlineData("{\"name\":\"m\"} x", "not valid JSON")]
    [InlineData("{\"name\":\"m\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP8\",\"shape\":[1]}]}", "input 0 'x': datatype 'FP8' is unknown, expected one of BOOL")]
    [InlineData("{\"name\":\"m\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-2]}]}", "input 0 'x': shape [-2]")]
    [InlineData("{\"name\":\"m\",\"outputs\":[{\"name\":\"x\",\"shape\":[1]}]}", "output 0 'x': datatype is missing")]
    [InlineData("{\"name\":\"m\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[]},{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[]}]}", "input 'x' is given twice")]
    public void ReadModelMetadata_Wrong_SaysWhereAndWhatWasExpected(string json, string message) =>
        Should.Throw<ProtocolException>(() => ModelMetadataCodec.Read(Utf8(json), CodecLimits.Default)).Message.ShouldContain(message);

    [Fact]
    public void ServerMetadata_WriteThenRead_IsEqual()
    {
        var json = Written(w => ServerMetadataCodec.Write(w, new ServerMetadata("n", "2", [ContractNames.BinaryExtension])));
        var read = ServerMetadataCodec.Read(Utf8(json), CodecLimits.Default);
        (read.Name, read.Version).ShouldBe(("n", "2"));
        read.Extensions.ShouldBe(["binary_tensor_data"]);
    }

    [Fact]
    public void ReadServerMetadata_OnlyAName_IsEnough()
    {
        var read = ServerMetadataCodec.Read(Utf8("""{"name":"n","extensions":null,"license":{}}"""), CodecLimits.Default);
        (read.Name, read.Version, read.Extensions.Count).ShouldBe(("n", "", 0));
        Should.Throw<ProtocolException>(() => ServerMetadataCodec.Read("{}"u8, CodecLimits.Default)).Message.ShouldContain("name is missing");
    }

    [Fact]
    public void ErrorBody_WriteThenRead_IsEqual() => ErrorBody.TryRead(Utf8(Written(w => ErrorBody.Write(w, "input 'x': \"é\"\n")))).ShouldBe("input 'x': \"é\"\n");

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("{\"detail\":\"x\"}")]
    [InlineData("{\"error\":5}")]
    [InlineData("{\"error\":\"\\ud800\"}")]
    [InlineData("[\"error\"]")]
    [InlineData("{\"error\":\"x\"")]
    public void ErrorBody_AnythingElse_IsNull(string body) => ErrorBody.TryRead(Utf8(body)).ShouldBeNull();
}
