using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class TensorRowsTests
{
    private static readonly Tensor Words = new("s", DataType.Bytes, [3, 2], Strings("a", "", "bcd", "e", "ff", "g"));
    private static readonly Tensor Numbers = new("x", DataType.Int32, [3, 2], Raw(1, 2, 3, 4, 5, 6));

    [Fact]
    public void Slice_RowsOfNumbersAndStrings_AreViews()
    {
        TensorRows.Slice(Numbers, 1, 2).ToArray().ShouldBe(Raw(3, 4, 5, 6));
        TensorRows.Slice(Words, 1, 1).ToArray().ShouldBe(Strings("bcd", "e"));
        TensorRows.Slice(Words, 3, 0).Length.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => TensorRows.Slice(Numbers, 2, 2));
    }

    [Fact]
    public void Split_ThenConcat_IsTheSameTensor()
    {
        foreach (var tensor in new[] { Words, Numbers, new Tensor("e", DataType.Fp32, [3, 0], default) })
        {
            var parts = TensorRows.Split(tensor, [1, 0, 2]);
            parts.Select(p => p.Rows).ShouldBe([1, 0, 2]);
            TensorRows.Concat(parts).ShouldEqual(tensor);
        }

        TensorRows.Split(Words, [2, 1])[1].ShouldEqual(new Tensor("s", DataType.Bytes, [1, 2], Strings("ff", "g")));
    }

    [Fact]
    public void Split_WrongCountsOrMalformedData_Refused()
    {
        Should.Throw<ProtocolException>(() => TensorRows.Split(Numbers, [1, 1])).Message.ShouldContain("has 3 rows, expected 2");
        Should.Throw<ProtocolException>(() => TensorRows.Split(Numbers, [4, -1])).Message.ShouldContain("a part of -1 rows");
        Should.Throw<ProtocolException>(() => TensorRows.Split(Words with { Data = Words.Data[..^1] }, [3])).Message.ShouldContain("element 5: its length says 1 bytes but 0 are left");
        Should.Throw<ProtocolException>(() => TensorRows.Split(Words with { Data = Strings("a", "", "bcd", "e", "ff", "g", "h") }, [3])).Message.ShouldContain("5 bytes after its last element");
        Should.Throw<ProtocolException>(() => TensorRows.Split(Numbers with { Data = new byte[20] }, [3])).Message.ShouldContain("20 bytes of data, expected 24");
    }

    [Fact]
    public void Concat_DifferentTensors_Refused()
    {
        Should.Throw<ArgumentException>(() => TensorRows.Concat([]));
        Should.Throw<ArgumentException>(() => TensorRows.Concat([Numbers, Numbers with { Shape = [2, 3] }])).Message.ShouldContain("INT32 [2, 3]");
        Should.Throw<ArgumentException>(() => TensorRows.Concat([Numbers, Numbers with { Name = "y" }]));
        TensorRows.Concat([Numbers]).ShouldBeSameAs(Numbers);
    }

    [Fact]
    public void Validate_WrongLengthPrefixOrBool_Refused()
    {
        TensorRows.Validate(Words, "input 's'");
        TensorRows.Validate(Numbers, "input 'x'");
        Should.Throw<ProtocolException>(() => TensorRows.Validate(Numbers with { Shape = [3, 3] }, "input 'x'")).Message.ShouldBe("input 'x': 24 bytes of data, expected 36 for INT32 [3, 3]");
        Should.Throw<ProtocolException>(() => TensorRows.Validate(Words with { Shape = [5] }, "input 's'")).Message.ShouldContain("5 bytes after its last element");
        Should.Throw<ProtocolException>(() => TensorRows.Validate(Words with { Shape = [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue] }, "input 's'")).Message.ShouldContain("expected at least");
        Should.Throw<ProtocolException>(() => TensorRows.Validate(Words with { Shape = [1], Data = Raw(uint.MaxValue) }, "input 's'")).Message.ShouldContain("4294967295 bytes but 0 are left");
        Should.Throw<ProtocolException>(() => TensorRows.Validate(new Tensor("b", DataType.Bool, [3], new byte[] { 0, 1, 2 }), "input 'b'")).Message.ShouldContain("element 2: expected 0 or 1 for BOOL but got 2");
    }

    [Fact]
    public void Convert_ValuesThatFit_KeepTheirMeaning()
    {
        TensorRows.Convert(Numbers, DataType.Int32).ShouldBeSameAs(Numbers);
        TensorRows.Convert(Numbers, DataType.Fp64).Data.ToArray().ShouldBe(Raw(1.0, 2, 3, 4, 5, 6));
        TensorRows.Convert(Numbers, DataType.Int8).Data.ToArray().ShouldBe(Raw<sbyte>(1, 2, 3, 4, 5, 6));
        Convert(DataType.Fp64, Raw(0.1, double.NaN, double.PositiveInfinity), DataType.Fp32).ShouldBe(Raw(0.1f, float.NaN, float.PositiveInfinity));
        Convert(DataType.Fp32, Raw(0.1f), DataType.Fp64).ShouldBe(Raw((double)0.1f));
        Convert(DataType.Fp64, Raw(3.0, -0.0), DataType.Int32).ShouldBe(Raw(3, 0));
        Convert(DataType.Bool, Raw<byte>(0, 1), DataType.Fp16).ShouldBe(Raw((Half)0, (Half)1));
        Convert(DataType.UInt64, Raw(ulong.MaxValue), DataType.UInt64).ShouldBe(Raw(ulong.MaxValue));
        Convert(DataType.Int64, Raw(long.MaxValue), DataType.UInt64).ShouldBe(Raw((ulong)long.MaxValue));
    }

    [Theory]
    [InlineData(DataType.Fp64)]
    [InlineData(DataType.Fp32)]
    public void Convert_IntegerBeyond53Bits_OnlyIfADoubleHoldsIt(DataType to)
    {
        Convert(DataType.Int64, Raw(1L << 60, long.MinValue, -(1L << 53)), DataType.Fp64).ShouldBe(Raw((double)(1L << 60), long.MinValue, -(1L << 53)));
        foreach (var (value, nearest) in new[] { ((1L << 53) + 1, "9007199254740992"), (-(1L << 53) - 1, "-9007199254740992"), (long.MaxValue, "9223372036854775808") })
        {
            Should.Throw<ProtocolException>(() => Convert(DataType.Int64, Raw(0, value), to)).Message
                .ShouldStartWith($"input 'x': element 1: expected a number for {to.ToName()} but got {value}, a whole number beyond 2^53 that would be rounded to {nearest}: ");
        }

        Should.Throw<ProtocolException>(() => Convert(DataType.UInt64, Raw(ulong.MaxValue), to)).Message.ShouldContain("rounded to 18446744073709551616");
    }

    [Fact]
    public void Convert_EveryPairOfNumbers_OneStaysOne()
    {
        DataType[] numbers = [.. AllTypes.Where(t => t is not (DataType.Bytes or DataType.Bf16 or DataType.Bool))];
        foreach (var from in numbers)
        {
            var one = TensorRows.Convert(new Tensor("x", DataType.Bool, [1], new byte[] { 1 }), from);
            foreach (var to in numbers)
            {
                TensorRows.Convert(TensorRows.Convert(one, to), from).ShouldEqual(one);
            }
        }
    }

    [Theory]
    [InlineData(1.5, DataType.Int32, "input 'x': element 1: expected an integer for INT32 but got 1.5")]
    [InlineData(double.NaN, DataType.Int32, "input 'x': element 1: expected an integer for INT32 but got NaN")]
    [InlineData(double.PositiveInfinity, DataType.UInt64, "input 'x': element 1: expected")]
    [InlineData(-1, DataType.UInt8, "input 'x': element 1: expected a value in the range of UINT8 but got -1")]
    [InlineData(18446744073709551616.0, DataType.UInt64, "range of UINT64")]
    [InlineData(9223372036854775808.0, DataType.Int64, "range of INT64")]
    [InlineData(1e300, DataType.Fp32, "range of FP32")]
    [InlineData(70000, DataType.Fp16, "range of FP16")]
    [InlineData(1, DataType.Bytes, "input 'x': is FP64, expected BYTES")]
    [InlineData(1, DataType.Bool, "input 'x': is FP64, expected BOOL")]
    [InlineData(1, DataType.Bf16, "input 'x': is FP64, expected BF16")]
    public void Convert_ValueThatDoesNotFit_NamesInputAndIndex(double value, DataType to, string message) =>
        Should.Throw<ProtocolException>(() => TensorRows.Convert(new Tensor("x", DataType.Fp64, [2], Raw(0, value)), to)).Message.ShouldContain(message);

    [Fact]
    public void Convert_BytesToNumbers_Refused() =>
        Should.Throw<ProtocolException>(() => TensorRows.Convert(Words, DataType.Fp64)).Message.ShouldBe("input 's': is BYTES, expected FP64, and the one cannot be converted to the other");

    private static byte[] Convert(DataType from, byte[] data, DataType to) =>
        TensorRows.Convert(new Tensor("x", from, [data.Length / from.ElementSize()], data), to).Data.ToArray();
}
