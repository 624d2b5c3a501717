namespace Orchestrator.Protocol;

/// <summary>Datatypes of the Open Inference Protocol.</summary>
public enum DataType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
    /// <summary>1 byte.</summary>
    UInt8,
    /// <summary>2 bytes.</summary>
    UInt16,
    /// <summary>4 bytes.</summary>
    UInt32,
    /// <summary>8 bytes.</summary>
    UInt64,
    /// <summary>1 byte.</summary>
    Int8,
    /// <summary>2 bytes.</summary>
    Int16,
    /// <summary>4 bytes.</summary>
    Int32,
    /// <summary>8 bytes.</summary>
    Int64,
    /// <summary>IEEE half, 2 bytes.</summary>
    Fp16,
    /// <summary>Brain float, 2 bytes; raw only.</summary>
    Bf16,
    /// <summary>IEEE single, 4 bytes.</summary>
    Fp32,
    /// <summary>IEEE double, 8 bytes.</summary>
    Fp64,
    /// <summary>Byte strings; each element a 4-byte little-endian length and that many bytes.</summary>
    Bytes,
}

/// <summary>Names and sizes of <see cref="DataType"/>.</summary>
public static class DataTypes
{
    private static readonly string[] Names = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"];
    private static readonly int[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0];

    /// <summary>The protocol's name, upper case.</summary>
    public static string ToName(this DataType type) => Names[(int)type];

    /// <summary>Bytes of one element; 0 for <see cref="DataType.Bytes"/>, whose elements vary.</summary>
    public static int ElementSize(this DataType type) => Sizes[(int)type];

    /// <summary>Parses the protocol's name, case-sensitive.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out DataType type)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                type = (DataType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>All names, for messages.</summary>
    public static string AllNames { get; } = string.Join(", ", Names);
}
