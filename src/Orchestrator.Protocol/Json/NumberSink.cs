using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>Elements of fixed size.</summary>
/// <param name="capacity">Most elements to keep.</param>
/// <param name="what">For messages.</param>
/// <param name="rounds">Whether whole numbers that a float cannot hold are rounded; else they are wrong.</param>
internal struct NumberSink<T, TFormat>(long capacity, string what, bool rounds) : IElementSink, IDisposable
    where T : unmanaged
    where TFormat : struct, IElementFormat<T>
{
    private const int FirstBytes = 512;

    private GrowingBuffer _buffer = new(FirstBytes);
    private int _count;
    private long _beyond;

    public readonly long Count => _count + _beyond;

    public void Add(ref Utf8JsonReader reader)
    {
        if (!TFormat.TryRead(ref reader, out var value) && !(rounds && TFormat.TryReadRounded(ref reader, out value)))
        {
            throw TensorJson.WrongElement(ref reader, what, Count, TFormat.Expected, isFloat: typeof(T) == typeof(double) || typeof(T) == typeof(float));
        }

        if (_count == capacity)
        {
            _beyond++;
            return;
        }

        var elements = MemoryMarshal.Cast<byte, T>(_buffer.Span);
        if (_count == elements.Length)
        {
            elements = Grow();
        }

        elements[_count++] = value;
    }

    public void AddRun(ref Utf8JsonReader reader)
    {
        var elements = MemoryMarshal.Cast<byte, T>(_buffer.Span);
        elements = elements[..(int)Math.Min(elements.Length, capacity)];
        var count = _count;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                _count = count;
                return;
            }

            if (count < elements.Length && TFormat.TryRead(ref reader, out elements[count]))
            {
                count++;
                continue;
            }

            // The slow way: a wrong element, no room, or more than there may be.
            _count = count;
            Add(ref reader);
            count = _count;
            elements = MemoryMarshal.Cast<byte, T>(_buffer.Span);
            elements = elements[..(int)Math.Min(elements.Length, capacity)];
        }

        throw new ProtocolException("not valid JSON: it ends in the middle");
    }

    public readonly byte[] ToArray() => _buffer.ToArray(_count * Unsafe.SizeOf<T>());

    public readonly void Dispose() => _buffer.Dispose();

    private Span<T> Grow()
    {
        _buffer.Grow(_count * Unsafe.SizeOf<T>(), Math.Min(2L * _count, capacity) * Unsafe.SizeOf<T>());
        return MemoryMarshal.Cast<byte, T>(_buffer.Span);
    }
}
