using System.Globalization;
using System.Text.Json;
using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class TensorJsonReadTests
{
    // The second is how JavaScript writes 2^69, the third is 2^60.
    [Theory]
    [InlineData("9007199254740992", 9007199254740992.0)]
    [InlineData("590295810358705700000", 590295810358705651712.0)]
    [InlineData("-1152921504606846976", -1152921504606846976.0)]
    [InlineData("9007199254740993.0", 9007199254740992.0)]
    [InlineData("9.007199254740993e15", 9007199254740992.0)]
    public void ReadData_LargeWholeNumberThatADoubleHoldsOrWrote_IsTaken(string json, double value)
    {
        ReadData(json, DataType.Fp64, []).ShouldBe(Raw(value));
        ReadData(json, DataType.Fp32, []).ShouldBe(Raw((float)value));
    }

    [Theory]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("-9007199254740993", "-9007199254740992")]
    [InlineData("12345678901234567891", "12345678901234567168")]
    public void ReadData_WholeNumberThatAFloatWouldRound_IsRefusedInARequestAndRoundedInAnAnswer(string json, string nearest)
    {
        foreach (var type in new[] { DataType.Fp64, DataType.Fp32 })
        {
            DataError($"[0,{json}]", type, 2).ShouldContain($"input 'x': element 1: expected a number in the range of {type.ToName()}, \"NaN\", \"Infinity\" or \"-Infinity\" but got {json}, a whole number beyond 2^53 that would be rounded to {nearest}");
        }

        var answer = $$"""{"model_name":"m","outputs":[{"name":"y","datatype":"FP64","shape":[1],"data":[{{json}}]}]}""";
        InferCodec.ReadResponse(System.Text.Encoding.UTF8.GetBytes(answer), null, CodecLimits.Default).Outputs[0].Data.ToArray().ShouldBe(Raw(double.Parse(nearest, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void ReadData_EveryDatatypeAtItsBounds_IsLossless()
    {
        ReadData("[true,false]", DataType.Bool, [2]).ShouldBe([1, 0]);
        ReadData("[0,255]", DataType.UInt8, [2]).ShouldBe(Raw(byte.MinValue, byte.MaxValue));
        ReadData("[0,65535]", DataType.UInt16, [2]).ShouldBe(Raw(ushort.MinValue, ushort.MaxValue));
        ReadData("[0,4294967295]", DataType.UInt32, [2]).ShouldBe(Raw(uint.MinValue, uint.MaxValue));
        ReadData("[0,18446744073709551615]", DataType.UInt64, [2]).ShouldBe(Raw(ulong.MinValue, ulong.MaxValue));
        ReadData("[-128,127]", DataType.Int8, [2]).ShouldBe(Raw(sbyte.MinValue, sbyte.MaxValue));
        ReadData("[-32768,32767]", DataType.Int16, [2]).ShouldBe(Raw(short.MinValue, short.MaxValue));
        ReadData("[-2147483648,2147483647]", DataType.Int32, [2]).ShouldBe(Raw(int.MinValue, int.MaxValue));
        ReadData("[-9223372036854775808,9223372036854775807]", DataType.Int64, [2]).ShouldBe(Raw(long.MinValue, long.MaxValue));
        ReadData("[65504,-0.1,\"NaN\"]", DataType.Fp16, [3]).ShouldBe(Raw(Half.MaxValue, (Half)(-0.1), Half.NaN));
        ReadData("[3.4028235e38,-1e-45,\"Infinity\"]", DataType.Fp32, [3]).ShouldBe(Raw(float.MaxValue, -1e-45f, float.PositiveInfinity));
        ReadData("[1.7976931348623157e308,5e-324,\"-Infinity\",-0]", DataType.Fp64, [4]).ShouldBe(Raw(double.MaxValue, double.Epsilon, double.NegativeInfinity, -0.0));
        ReadData("[\"\",\"\\u0000\\n\\ud83d\\ude00\",\"é\"]", DataType.Bytes, [3]).ShouldBe(Strings("", "\0\n😀", "é"));
    }

    [Theory]
    [InlineData(DataType.UInt8, "256", "element 1: expected an integer for UINT8 (0 to 255) but got 256, which is out of range")]
    [InlineData(DataType.UInt8, "-1", "out of range")]
    [InlineData(DataType.UInt16, "65536", "UINT16 (0 to 65535)")]
    [InlineData(DataType.UInt32, "-1", "UINT32 (0 to 4294967295)")]
    [InlineData(DataType.UInt64, "18446744073709551616", "UINT64 (0 to 18446744073709551615)")]
    [InlineData(DataType.UInt64, "-1", "out of range")]
    [InlineData(DataType.Int8, "128", "INT8 (-128 to 127)")]
    [InlineData(DataType.Int16, "-32769", "INT16")]
    [InlineData(DataType.Int32, "2147483648", "INT32")]
    [InlineData(DataType.Int64, "9223372036854775808", "INT64")]
    [InlineData(DataType.Int32, "1.5", "input 'x': element 1: expected an integer for INT32 (-2147483648 to 2147483647) but got 1.5")]
    [InlineData(DataType.Int32, "1e2", "but got 1e2")]
    [InlineData(DataType.Int32, "\"1\"", "but got \"1\"")]
    [InlineData(DataType.Int32, "true", "but got true")]
    [InlineData(DataType.Fp64, "1e309", "expected a number in the range of FP64")]
    [InlineData(DataType.Fp64, "\"nan\"", "but got \"nan\"")]
    [InlineData(DataType.Fp64, "null", "but got null (a missing value has no place in a tensor)")]
    [InlineData(DataType.Fp64, "{}", "but got an object")]
    [InlineData(DataType.Fp32, "3.5e38", "FP32")]
    [InlineData(DataType.Fp16, "65520", "FP16")]
    [InlineData(DataType.Bool, "1", "expected true or false for BOOL but got 1")]
    [InlineData(DataType.Bytes, "1", "expected a string for BYTES but got 1")]
    [InlineData(DataType.Bytes, "\"\\udc00\"", "element 1: not valid UTF-8")]
    [InlineData(DataType.Bytes, "\"\\ud800x\"", "element 1: not valid UTF-8")]
    public void ReadData_WrongElement_NamesTensorIndexAndWhatWasExpected(DataType type, string element, string message)
    {
        var good = type switch { DataType.Bool => "true", DataType.Bytes => "\"a\"", _ => "0" };
        DataError($"[{good},{element}]", type, 2).ShouldContain(message);
        DataError($"[{good},{element}]", type, -1).ShouldContain(message);
        DataError($"[[{good}],[{element}]]", type, 2, 1).ShouldContain(message);
    }

    [Fact]
    public void ReadData_RawInvalidUtf8_Refused()
    {
        foreach (var json in new byte[][] { [(byte)'"', 0xC3, 0x28, (byte)'"'], [(byte)'"', 0xC3, 0x28, (byte)'\\', (byte)'n', (byte)'"'] })
        {
            Should.Throw<ProtocolException>(() =>
            {
                var reader = new Utf8JsonReader(json);
                reader.Read();
                TensorJson.ReadData(ref reader, DataType.Bytes, [], "input 'x'", CodecLimits.Default);
            }).Message.ShouldContain("element 0: not valid UTF-8");
        }
    }

    [Fact]
    public void ReadData_Bf16_SaysRawOnly() => DataError("[1]", DataType.Bf16, 1).ShouldBe("input 'x': BF16 has no JSON form, expected it as binary tensor data");

    [Theory]
    [InlineData("[1,2,3,4,5,6]", "2,3", "2,3")]
    [InlineData("[[1,2,3],[4,5,6]]", "2,3", "2,3")]
    [InlineData("[[1,2,3],[4,5,6]]", "-1,3", "2,3")]
    [InlineData("[[1,2,3],[4,5,6]]", "-1,-1", "2,3")]
    [InlineData("[1,2,3,4,5,6]", "-1,3", "2,3")]
    [InlineData("[[[1],[2],[3]],[[4],[5],[6]]]", "-1,-1,1", "2,3,1")]
    [InlineData("[1,2,3,4,5,6]", "-1,3,1", "2,3,1")]
    [InlineData("[1,2,3,4,5,6]", "-1", "6")]
    [InlineData("[]", "-1", "0")]
    [InlineData("[]", "-1,3", "0,3")]
    [InlineData("[]", "-1,-1", "0,0")]
    [InlineData("[]", "2,0", "2,0")]
    [InlineData("[[],[]]", "2,0", "2,0")]
    [InlineData("[[],[]]", "-1,-1", "2,0")]
    [InlineData("7", "", "")]
    [InlineData("[7]", "", "")]
    [InlineData("[7]", "1", "1")]
    public void ReadData_FlatOrNested_FillsTheOpenDimensions(string json, string shape, string actual)
    {
        var dimensions = Dimensions(shape);
        var data = ReadData(json, DataType.Int32, dimensions);
        dimensions.ShouldBe(Dimensions(actual));
        data.Length.ShouldBe((int)Tensor.CountElements(dimensions) * 4);
        if (data.Length == 24)
        {
            data.ShouldBe(Raw(1, 2, 3, 4, 5, 6));
        }
    }

    [Theory]
    [InlineData("[1,2,3]", "2", "data has 3 elements, expected 2 for shape [2]")]
    [InlineData("[1]", "2", "data has 1 elements, expected 2 for shape [2]")]
    [InlineData("[]", "2", "data has 0 elements, expected 2 for shape [2]")]
    [InlineData("[1,2,3,4,5]", "2,3", "data has 5 elements, expected 6 for shape [2, 3]")]
    [InlineData("[1,2,3,4,5,6,7,8]", "2,3", "data has 8 elements, expected 6 for shape [2, 3]")]
    [InlineData("[1,2,3,4,5]", "-1,3", "data has 5 elements, expected a multiple of 3 for shape [-1, 3]")]
    [InlineData("[[1,2],[3]]", "2,2", "data has 1 entries in dimension 1 before element 3, expected 2 of shape [2, 2]")]
    [InlineData("[[1,2],[3]]", "-1,-1", "data has 1 entries in dimension 1 before element 3, expected 2")]
    [InlineData("[[1,2,3]]", "1,2", "data has 3 entries in dimension 1 before element 3, expected 2")]
    [InlineData("[[1,2],[3,4],[5,6]]", "2,2", "data has 3 entries in dimension 0 before element 6, expected 2")]
    [InlineData("[[1,2],[]]", "2,2", "data has 0 entries in dimension 1 before element 2, expected 2")]
    [InlineData("[[1,2],3]", "2,2", "element 2: data is nested unevenly, expected an array in dimension 1")]
    [InlineData("[1,[2,3]]", "2,2", "element 1: data is nested unevenly, expected a value as before but got an array")]
    [InlineData("[[[1]]]", "1,1", "element 0: data is nested deeper than shape [1, 1]")]
    [InlineData("[[1]]", "1", "element 0: data is nested deeper than shape [1]")]
    [InlineData("[[1,2],[3,4]]", "2,2,1", "element 0: data is nested unevenly, expected an array in dimension 2")]
    [InlineData("[1,2]", "-1,-1", "data is flat, expected nested arrays")]
    [InlineData("[[],[1]]", "2,0", "data has 1 entries in dimension 1")]
    [InlineData("[1,2]", "", "data has 2 elements, expected 1 for shape []")]
    [InlineData("7", "1", "data: expected an array for shape [1] but got 7")]
    [InlineData("null", "1", "data: expected an array for shape [1] but got null")]
    [InlineData("{}", "", "element 0: expected an integer for INT32")]
    [InlineData("[1]", "-2", "dimension 0 of shape [-2] is negative")]
    public void ReadData_WrongNestingOrCount_SaysGotAndExpected(string json, string shape, string message)
    {
        var dimensions = Dimensions(shape);
        DataError(json, DataType.Int32, dimensions).ShouldContain(message);
        dimensions.ShouldBe(Dimensions(shape), "a refused shape must stay as it was");
    }

    [Theory]
    [InlineData("[1,2")]
    [InlineData("[1,")]
    [InlineData("[1 2]")]
    [InlineData("[01]")]
    [InlineData("[1,]")]
    public void ReadData_MalformedJson_IsAProtocolException(string json) => DataError(json, DataType.Int32, 2).ShouldContain("not valid JSON");

    [Fact]
    public void ReadData_MoreThanTheLimit_Refused()
    {
        var limits = new CodecLimits { MaxTensorBytes = 16 };
        ReadData("[1,2,3,4]", DataType.Int32, [-1], limits).Length.ShouldBe(16);
        Should.Throw<ProtocolException>(() => ReadData("[1,2,3,4,5]", DataType.Int32, [-1], limits)).Message.ShouldContain("larger than it may be");
        Should.Throw<ProtocolException>(() => ReadData("[\"0123456789\",\"a\"]", DataType.Bytes, [-1], limits)).Message.ShouldContain("expected at most 16 bytes");
        Should.Throw<ProtocolException>(() => ReadData("[1,2,3,4,5]", DataType.Int32, [5], limits)).Message.ShouldContain("expected at most 16 bytes");
    }

    [Fact]
    public void ReadData_DecimalsOfAllLengths_EqualTheLibrarysParserBitByBit()
    {
        var random = new Random(7);
        for (var i = 0; i < 200_000; i++)
        {
            var text = RandomNumber(random);
            BitConverter.ToInt64(ReadData(text, DataType.Fp64, [], rounds: true)).ShouldBe(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), text);
            BitConverter.ToInt32(ReadData(text, DataType.Fp32, [], rounds: true)).ShouldBe(BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)), text);
        }
    }

    [Fact]
    public void ReadData_HugeClaimLittleData_AllocatesLittle()
    {
        var json = Utf8("[1]");
        ProtocolException? error = null;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            try
            {
                var reader = new Utf8JsonReader(json);
                reader.Read();
                TensorJson.ReadData(ref reader, DataType.Fp64, [1000, 10_000], "input 'x'", CodecLimits.Default);
            }
            catch (ProtocolException e)
            {
                error = e;
            }
        }

        error.ShouldNotBeNull().Message.ShouldContain("data has 1 elements, expected 10000000");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    private static long[] Dimensions(string shape) => shape.Length == 0 ? [] : [.. shape.Split(',').Select(d => long.Parse(d, CultureInfo.InvariantCulture))];

    private static string RandomNumber(Random random)
    {
        var sign = random.Next(2) == 0 ? "-" : "";
        var whole = random.Next(4) == 0 ? "0" : random.NextInt64(1, (long)Math.Pow(10, random.Next(1, 19))).ToString(CultureInfo.InvariantCulture);
        var fraction = random.Next(3) == 0 ? "" : "." + new string([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => (char)('0' + random.Next(10)))]);
        var exponent = random.Next(5) == 0 ? $"e{random.Next(-20, 20)}" : "";
        return sign + whole + fraction + exponent;
    }
}
