using System.Runtime.InteropServices;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Tables;

/// <summary>One column of a table.</summary>
/// <param name="width">Elements per row; 1 for a scalar.</param>
internal abstract class InputColumn(int width)
{
    /// <summary>Elements per row.</summary>
    public int Width => width;

    /// <summary>A column over raw elements, without a copy.</summary>
    public static InputColumn Of(DataType type, ReadOnlyMemory<byte> data, int width) => type switch
    {
        DataType.Bool => new BooleanInput(data, width),
        DataType.Int8 => new RawInput<sbyte>(data, width),
        DataType.UInt8 => new RawInput<byte>(data, width),
        DataType.Int16 => new RawInput<short>(data, width),
        DataType.UInt16 => new RawInput<ushort>(data, width),
        DataType.Int32 => new RawInput<int>(data, width),
        DataType.UInt32 => new RawInput<uint>(data, width),
        DataType.Int64 => new RawInput<long>(data, width),
        DataType.UInt64 => new RawInput<ulong>(data, width),
        DataType.Fp32 => new RawInput<float>(data, width),
        DataType.Fp64 => new RawInput<double>(data, width),
        _ => throw new NotSupportedException($"ML.NET has no column of {type.ToName()}"),
    };

    /// <summary>A column whose every row is the type's default: 0, false, the empty text.</summary>
    public static InputColumn OfDefaults(DataType type, int width) => type switch
    {
        DataType.Bool => new DefaultInput<bool>(width),
        DataType.Int8 => new DefaultInput<sbyte>(width),
        DataType.UInt8 => new DefaultInput<byte>(width),
        DataType.Int16 => new DefaultInput<short>(width),
        DataType.UInt16 => new DefaultInput<ushort>(width),
        DataType.Int32 => new DefaultInput<int>(width),
        DataType.UInt32 => new DefaultInput<uint>(width),
        DataType.Int64 => new DefaultInput<long>(width),
        DataType.UInt64 => new DefaultInput<ulong>(width),
        DataType.Fp32 => new DefaultInput<float>(width),
        DataType.Fp64 => new DefaultInput<double>(width),
        DataType.Bytes => new DefaultInput<ReadOnlyMemory<char>>(width),
        _ => throw new NotSupportedException($"ML.NET has no column of {type.ToName()}"),
    };
}

/// <summary>A column whose elements are <typeparamref name="T"/>, exactly the raw type that the library's schema has: it converts nothing itself.</summary>
internal abstract class InputColumn<T>(int width) : InputColumn(width)
{
    /// <summary>Copies one row's elements.</summary>
    /// <param name="row">Which.</param>
    /// <param name="destination">As long as the column is wide.</param>
    public abstract void CopyRow(int row, Span<T> destination);
}

/// <summary>Elements as they lie in a tensor.</summary>
internal sealed class RawInput<T>(ReadOnlyMemory<byte> data, int width) : InputColumn<T>(width) where T : unmanaged
{
    public override void CopyRow(int row, Span<T> destination) => MemoryMarshal.Cast<byte, T>(data.Span).Slice(row * Width, Width).CopyTo(destination);
}

/// <summary>Booleans: whatever is not 0 is true, and a .NET bool is never anything but 0 or 1.</summary>
internal sealed class BooleanInput(ReadOnlyMemory<byte> data, int width) : InputColumn<bool>(width)
{
    public override void CopyRow(int row, Span<bool> destination)
    {
        var bytes = data.Span.Slice(row * Width, Width);
        for (var i = 0; i < bytes.Length; i++)
        {
            destination[i] = bytes[i] != 0;
        }
    }
}

/// <summary>Texts.</summary>
internal sealed class TextInput(string[] texts, int width) : InputColumn<ReadOnlyMemory<char>>(width)
{
    public override void CopyRow(int row, Span<ReadOnlyMemory<char>> destination)
    {
        for (var i = 0; i < Width; i++)
        {
            destination[i] = texts[(row * Width) + i].AsMemory();
        }
    }
}

/// <summary>The type's default in every row.</summary>
internal sealed class DefaultInput<T>(int width) : InputColumn<T>(width)
{
    public override void CopyRow(int row, Span<T> destination) => destination.Clear();
}
