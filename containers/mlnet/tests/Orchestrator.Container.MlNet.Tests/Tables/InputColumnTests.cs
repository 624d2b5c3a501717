using System.Runtime.InteropServices;
using Orchestrator.Container.MlNet.Tables;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Tests.Tables;

public sealed class InputColumnTests
{
    [Fact]
    public void CopyRow_OfEveryDatatype_GivesTheRowsElements()
    {
        Second<sbyte>(DataType.Int8, -3).ShouldBe((sbyte)-3);
        Second<byte>(DataType.UInt8, 3).ShouldBe((byte)3);
        Second<short>(DataType.Int16, -300).ShouldBe((short)-300);
        Second<ushort>(DataType.UInt16, 300).ShouldBe((ushort)300);
        Second(DataType.Int32, -70000).ShouldBe(-70000);
        Second(DataType.UInt32, 70000u).ShouldBe(70000u);
        Second(DataType.Int64, long.MinValue).ShouldBe(long.MinValue);
        Second(DataType.UInt64, ulong.MaxValue).ShouldBe(ulong.MaxValue);
        Second(DataType.Fp32, 1.5f).ShouldBe(1.5f);
        Second(DataType.Fp64, 0.1).ShouldBe(0.1);
    }

    [Fact]
    public void CopyRow_OfBooleans_MakesWhateverIsNotZeroTrue()
    {
        var column = (InputColumn<bool>)InputColumn.Of(DataType.Bool, new byte[] { 0, 1, 2, 0 }, width: 2);
        var row = new bool[2];

        column.CopyRow(1, row);

        row.ShouldBe([true, false]);
        // A bool of another byte than 0 and 1 would compare wrongly.
        MemoryMarshal.AsBytes<bool>(row)[0].ShouldBe((byte)1);
    }

    [Fact]
    public void CopyRow_OfTexts_GivesTheRowsTexts()
    {
        var row = new ReadOnlyMemory<char>[2];

        new TextInput(["a", "b", "c", "d"], width: 2).CopyRow(1, row);

        row.Select(t => t.ToString()).ShouldBe(["c", "d"]);
    }

    [Theory]
    [InlineData(DataType.Fp32, typeof(float))]
    [InlineData(DataType.Fp64, typeof(double))]
    [InlineData(DataType.Bool, typeof(bool))]
    [InlineData(DataType.Int8, typeof(sbyte))]
    [InlineData(DataType.Int16, typeof(short))]
    [InlineData(DataType.Int32, typeof(int))]
    [InlineData(DataType.Int64, typeof(long))]
    [InlineData(DataType.UInt8, typeof(byte))]
    [InlineData(DataType.UInt16, typeof(ushort))]
    [InlineData(DataType.UInt32, typeof(uint))]
    [InlineData(DataType.UInt64, typeof(ulong))]
    [InlineData(DataType.Bytes, typeof(ReadOnlyMemory<char>))]
    public void OfDefaults_OfEveryDatatype_HasTheLibrarysElementType(DataType type, Type element) =>
        InputColumn.OfDefaults(type, 2).GetType().ShouldBe(typeof(DefaultInput<>).MakeGenericType(element));

    [Fact]
    public void CopyRow_OfDefaults_ClearsWhatWasThere()
    {
        var row = new float[] { 1, 2 };

        ((InputColumn<float>)InputColumn.OfDefaults(DataType.Fp32, 2)).CopyRow(5, row);

        row.ShouldBe([0, 0]);
    }

    private static T Second<T>(DataType type, T value) where T : unmanaged
    {
        T[] elements = [default, default, default, value];
        var row = new T[2];
        ((InputColumn<T>)InputColumn.Of(type, MemoryMarshal.AsBytes<T>(elements).ToArray(), width: 2)).CopyRow(1, row);
        return row[1];
    }
}
