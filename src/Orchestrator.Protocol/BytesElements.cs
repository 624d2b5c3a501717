using System.Buffers.Binary;

namespace Orchestrator.Protocol;

/// <summary>Walks BYTES data: elements of a 4-byte little-endian length and that many bytes.</summary>
internal static class BytesElements
{
    /// <summary>Length of an element's prefix.</summary>
    public const int PrefixSize = sizeof(uint);

    /// <summary>Moves <paramref name="offset"/> over so many elements.</summary>
    /// <param name="data">All data of the tensor.</param>
    /// <param name="offset">Start of an element; moved to the start of the element after the last one skipped.</param>
    /// <param name="index">Index of the element at <paramref name="offset"/>, for messages; moved too.</param>
    /// <param name="count">How many.</param>
    /// <param name="what">For messages.</param>
    /// <exception cref="ProtocolException">The data ends before.</exception>
    public static void Skip(ReadOnlySpan<byte> data, ref int offset, ref long index, long count, string what)
    {
        for (; count > 0; count--, index++)
        {
            offset += PrefixSize + Next(data, offset, index, what).Length;
        }
    }

    /// <summary>The element at <paramref name="offset"/>, without its prefix.</summary>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> data, int offset, long index, string what)
    {
        var rest = data[offset..];
        if (rest.Length < PrefixSize)
        {
            throw new ProtocolException($"{what}: element {index}: expected a {PrefixSize}-byte length but {rest.Length} bytes are left");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (length > (uint)(rest.Length - PrefixSize))
        {
            throw new ProtocolException($"{what}: element {index}: its length says {length} bytes but {rest.Length - PrefixSize} are left");
        }

        return rest.Slice(PrefixSize, (int)length);
    }
}
