using System.Text.Json;
using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

public class TensorJsonWriteTests
{
    [Fact]
    public void WriteFlat_EveryDatatype_IsTheShortestText()
    {
        Flat(DataType.Bool, [1, 0]).ShouldBe("[true,false]");
        Flat(DataType.UInt8, Raw(byte.MaxValue)).ShouldBe("[255]");
        Flat(DataType.UInt16, Raw(ushort.MaxValue)).ShouldBe("[65535]");
        Flat(DataType.UInt32, Raw(uint.MaxValue)).ShouldBe("[4294967295]");
        Flat(DataType.UInt64, Raw(ulong.MaxValue)).ShouldBe("[18446744073709551615]");
        Flat(DataType.Int8, Raw(sbyte.MinValue)).ShouldBe("[-128]");
        Flat(DataType.Int16, Raw(short.MinValue)).ShouldBe("[-32768]");
        Flat(DataType.Int32, Raw(int.MinValue)).ShouldBe("[-2147483648]");
        Flat(DataType.Int64, Raw(long.MinValue)).ShouldBe("[-9223372036854775808]");
        Flat(DataType.Fp16, Raw((Half)0.1, (Half)65504, Half.NaN)).ShouldBe("[0.1,65500,\"NaN\"]");
        Flat(DataType.Fp32, Raw(0.1f, 1f, float.NegativeInfinity)).ShouldBe("[0.1,1,\"-Infinity\"]");
        Flat(DataType.Fp64, Raw(0.1, 1e300, double.PositiveInfinity)).ShouldBe("[0.1,1E+300,\"Infinity\"]");
        Flat(DataType.Bytes, Strings("", "\"\n")).ShouldBe("[\"\",\"\\u0022\\n\"]");
        Flat(DataType.Fp32, []).ShouldBe("[]");
    }

    [Fact]
    public void WriteNested_Shapes_FollowTheDimensions()
    {
        Nested(DataType.Int32, [2, 3], Raw(1, 2, 3, 4, 5, 6)).ShouldBe("[[1,2,3],[4,5,6]]");
        Nested(DataType.Int32, [2, 1, 2], Raw(1, 2, 3, 4)).ShouldBe("[[[1,2]],[[3,4]]]");
        Nested(DataType.Bytes, [2, 1], Strings("a", "b")).ShouldBe("[[\"a\"],[\"b\"]]");
        Nested(DataType.Int32, [], Raw(5)).ShouldBe("5");
        Nested(DataType.Bytes, [], Strings("a")).ShouldBe("\"a\"");
        Nested(DataType.Int32, [2, 0], []).ShouldBe("[[],[]]");
        Nested(DataType.Int32, [0, 2], []).ShouldBe("[]");
    }

    [Fact]
    public void Write_WhatJsonCannotHold_Refused()
    {
        Should.Throw<ProtocolException>(() => Flat(DataType.Bf16, [0, 0])).Message.ShouldContain("BF16 has no JSON form");
        Should.Throw<ProtocolException>(() => Flat(DataType.Bytes, Strings([0x61], [0xFF]))).Message.ShouldContain("element 1: not valid UTF-8");
        Should.Throw<ProtocolException>(() => Flat(DataType.Bytes, [5, 0, 0, 0, 1])).Message.ShouldContain("element 0: its length says 5 bytes but 1 are left");
        Should.Throw<ProtocolException>(() => Nested(DataType.Int32, [3], Raw(1, 2))).Message.ShouldContain("8 bytes of data, expected 12");
    }

    [Fact]
    public void WriteThenRead_RandomTensorsOfEveryDatatype_AreEqual()
    {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var tensor = RandomTensors.Next(random, JsonTypes[i % JsonTypes.Length]);
            foreach (var json in new[] { Flat(tensor.DataType, tensor.Data.Span), Nested(tensor.DataType, tensor.Shape, tensor.Data.Span) })
            {
                var shape = (long[])tensor.Shape.Clone();
                ReadData(json, tensor.DataType, shape).ShouldBe(tensor.Data.ToArray(), json);
                shape.ShouldBe(tensor.Shape);
            }
        }
    }

    private static string Flat(DataType type, ReadOnlySpan<byte> data)
    {
        var copy = data.ToArray();
        return Written(w =>
        {
            using var json = new Utf8JsonWriter(w);
            TensorJson.WriteFlat(json, type, copy);
        });
    }

    private static string Nested(DataType type, long[] shape, ReadOnlySpan<byte> data)
    {
        var copy = data.ToArray();
        return Written(w =>
        {
            using var json = new Utf8JsonWriter(w);
            TensorJson.WriteNested(json, type, shape, copy);
        });
    }
}
