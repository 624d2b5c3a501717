using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Which .NET types stand for which datatype.</summary>
internal static class ElementTypes
{
    public static void Require<T>(DataType dataType, string what) where T : unmanaged
    {
        if (!Matches<T>(dataType))
        {
            throw new ArgumentException($"{what} is {dataType.ToName()}, which is {NameOf(dataType)} in .NET and not {typeof(T).Name}");
        }
    }

    private static bool Matches<T>(DataType dataType) => dataType switch
    {
        DataType.Bool => typeof(T) == typeof(bool) || typeof(T) == typeof(byte),
        DataType.UInt8 => typeof(T) == typeof(byte),
        DataType.UInt16 => typeof(T) == typeof(ushort),
        DataType.UInt32 => typeof(T) == typeof(uint),
        DataType.UInt64 => typeof(T) == typeof(ulong),
        DataType.Int8 => typeof(T) == typeof(sbyte),
        DataType.Int16 => typeof(T) == typeof(short),
        DataType.Int32 => typeof(T) == typeof(int),
        DataType.Int64 => typeof(T) == typeof(long),
        DataType.Fp16 => typeof(T) == typeof(Half),
        DataType.Bf16 => typeof(T) == typeof(ushort),
        DataType.Fp32 => typeof(T) == typeof(float),
        DataType.Fp64 => typeof(T) == typeof(double),
        _ => false,
    };

    private static string NameOf(DataType dataType) => dataType switch
    {
        DataType.Bool => "bool or byte",
        DataType.UInt8 => "byte",
        DataType.UInt16 or DataType.Bf16 => "ushort",
        DataType.UInt32 => "uint",
        DataType.UInt64 => "ulong",
        DataType.Int8 => "sbyte",
        DataType.Int16 => "short",
        DataType.Int32 => "int",
        DataType.Int64 => "long",
        DataType.Fp16 => "Half",
        DataType.Fp32 => "float",
        DataType.Fp64 => "double",
        _ => "text (Texts, SetTexts)",
    };
}
