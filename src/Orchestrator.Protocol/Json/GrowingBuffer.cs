using System.Buffers;

namespace Orchestrator.Protocol.Json;

/// <summary>
/// A pooled buffer that grows with what really arrives, never with what a shape claims. Dispose it exactly once; it must not be copied.
/// </summary>
internal struct GrowingBuffer(int firstSize) : IDisposable
{
    private byte[] _rented = ArrayPool<byte>.Shared.Rent(firstSize);

    public readonly Span<byte> Span => _rented;

    /// <summary>Makes room for at least <paramref name="size"/> bytes in all and keeps the first <paramref name="used"/>.</summary>
    public void Grow(int used, long size)
    {
        var wanted = Math.Min(Math.Max(size, 2L * _rented.Length), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        _rented.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = larger;
    }

    public readonly byte[] ToArray(int used)
    {
        var result = GC.AllocateUninitializedArray<byte>(used);
        _rented.AsSpan(0, used).CopyTo(result);
        return result;
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_rented);
}
