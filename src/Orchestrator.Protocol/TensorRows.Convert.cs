using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orchestrator.Protocol.Json;

namespace Orchestrator.Protocol;

public static partial class TensorRows
{
    /// <summary>
    /// The tensor with another datatype when no value changes its meaning: between integers and floats in range (integers beyond 2^53 only if a double holds them), FP32 to FP64, FP64 to FP32 (rounded), BOOL to numbers. The same tensor if the datatype is equal already.
    /// </summary>
    /// <exception cref="ProtocolException">To or from BYTES or BF16, numbers to BOOL, a fraction to an integer, an integer that floats would round beyond 2^53, out of range; names input, index and what was expected.</exception>
    public static Tensor Convert(Tensor tensor, DataType to)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.DataType == to)
        {
            return tensor;
        }

        var what = $"input '{tensor.Name}'";
        CheckSize(tensor.DataType, tensor.Shape, tensor.Data.Span, what);
        var data = tensor.DataType switch
        {
            DataType.Bool or DataType.UInt8 => From<byte>(tensor, to, what),
            DataType.UInt16 => From<ushort>(tensor, to, what),
            DataType.UInt32 => From<uint>(tensor, to, what),
            DataType.UInt64 => From<ulong>(tensor, to, what),
            DataType.Int8 => From<sbyte>(tensor, to, what),
            DataType.Int16 => From<short>(tensor, to, what),
            DataType.Int32 => From<int>(tensor, to, what),
            DataType.Int64 => From<long>(tensor, to, what),
            DataType.Fp16 => From<Half>(tensor, to, what),
            DataType.Fp32 => From<float>(tensor, to, what),
            DataType.Fp64 => From<double>(tensor, to, what),
            _ => throw CannotConvert(tensor.DataType, to, what),
        };
        return tensor with { DataType = to, Data = data };
    }

    private static byte[] From<TFrom>(Tensor tensor, DataType to, string what)
        where TFrom : unmanaged, INumberBase<TFrom> => to switch
        {
            DataType.UInt8 => ConvertAll<TFrom, byte>(tensor, to, what),
            DataType.UInt16 => ConvertAll<TFrom, ushort>(tensor, to, what),
            DataType.UInt32 => ConvertAll<TFrom, uint>(tensor, to, what),
            DataType.UInt64 => ConvertAll<TFrom, ulong>(tensor, to, what),
            DataType.Int8 => ConvertAll<TFrom, sbyte>(tensor, to, what),
            DataType.Int16 => ConvertAll<TFrom, short>(tensor, to, what),
            DataType.Int32 => ConvertAll<TFrom, int>(tensor, to, what),
            DataType.Int64 => ConvertAll<TFrom, long>(tensor, to, what),
            DataType.Fp16 => ConvertAll<TFrom, Half>(tensor, to, what),
            DataType.Fp32 => ConvertAll<TFrom, float>(tensor, to, what),
            DataType.Fp64 => ConvertAll<TFrom, double>(tensor, to, what),
            _ => throw CannotConvert(tensor.DataType, to, what),
        };

    private static byte[] ConvertAll<TFrom, TTo>(Tensor tensor, DataType to, string what)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        var source = MemoryMarshal.Cast<byte, TFrom>(tensor.Data.Span);
        var data = GC.AllocateUninitializedArray<byte>(checked(source.Length * Unsafe.SizeOf<TTo>()));
        var target = MemoryMarshal.Cast<byte, TTo>(data.AsSpan());
        var toInteger = to is not (DataType.Fp16 or DataType.Fp32 or DataType.Fp64);
        var i = 0;
        try
        {
            for (; i < source.Length; i++)
            {
                if (toInteger && !TFrom.IsInteger(source[i]))
                {
                    throw new ProtocolException($"{what}: element {i}: expected an integer for {to.ToName()} but got {source[i]}");
                }

                if (!toInteger && (typeof(TFrom) == typeof(long) || typeof(TFrom) == typeof(ulong)) && !WholeNumbers.Survives(source[i]))
                {
                    throw new ProtocolException($"{what}: element {i}: expected a number for {to.ToName()} but got {source[i]}{WholeNumbers.Objection(double.CreateSaturating(source[i]))}");
                }

                target[i] = TTo.CreateChecked(source[i]);
                if (TTo.IsInfinity(target[i]) && !TFrom.IsInfinity(source[i]))
                {
                    throw OutOfRange(source[i], i, to, what, null);
                }
            }
        }
        catch (OverflowException e)
        {
            throw OutOfRange(source[i], i, to, what, e);
        }

        return data;
    }

    private static ProtocolException OutOfRange<T>(T value, int index, DataType to, string what, Exception? cause) =>
        new($"{what}: element {index}: expected a value in the range of {to.ToName()} but got {value}", cause);

    private static ProtocolException CannotConvert(DataType from, DataType to, string what) =>
        new($"{what}: is {from.ToName()}, expected {to.ToName()}, and the one cannot be converted to the other");
}
