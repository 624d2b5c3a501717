using System.Buffers.Binary;
using System.Numerics;

namespace Orchestrator.Redis.Features;

/// <summary>MurmurHash3 (Austin Appleby, public domain) in its 32-bit form with seed 0: what Feast makes field names of.</summary>
internal static class Murmur3
{
    private const uint FirstFactor = 0xcc9e2d51;
    private const uint SecondFactor = 0x1b873593;

    public static uint Hash(ReadOnlySpan<byte> data)
    {
        var hash = 0u;
        var length = (uint)data.Length;
        for (; data.Length >= sizeof(uint); data = data[sizeof(uint)..])
        {
            hash = (BitOperations.RotateLeft(hash ^ Scramble(BinaryPrimitives.ReadUInt32LittleEndian(data)), 13) * 5) + 0xe6546b64;
        }

        var tail = 0u;
        for (var i = data.Length - 1; i >= 0; i--)
        {
            tail = (tail << 8) | data[i];
        }

        hash ^= Scramble(tail) ^ length;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }

    private static uint Scramble(uint block) => BitOperations.RotateLeft(block * FirstFactor, 15) * SecondFactor;
}
