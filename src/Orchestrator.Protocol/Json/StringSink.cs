using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Orchestrator.Protocol.Json;

/// <summary>BYTES: each string becomes its UTF-8 bytes behind a 4-byte length.</summary>
/// <param name="capacity">Most elements to keep.</param>
/// <param name="maxBytes">Most bytes, prefixes included.</param>
/// <param name="what">For messages.</param>
internal struct StringSink(long capacity, long maxBytes, string what) : IElementSink, IDisposable
{
    private const int FirstBytes = 512;

    private GrowingBuffer _buffer = new(FirstBytes);
    private int _used;

    public long Count { get; private set; }

    public void Add(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw TensorJson.WrongElement(ref reader, what, Count, "a string for BYTES");
        }

        if (Count < capacity)
        {
            Append(ref reader);
        }

        Count++;
    }

    public void AddRun(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                return;
            }

            Add(ref reader);
        }

        throw new ProtocolException("not valid JSON: it ends in the middle");
    }

    public readonly byte[] ToArray() => _buffer.ToArray(_used);

    public readonly void Dispose() => _buffer.Dispose();

    private void Append(ref Utf8JsonReader reader)
    {
        // Unescaping never makes a string longer.
        var longest = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        var needed = _used + BytesElements.PrefixSize + longest;
        if (needed > maxBytes)
        {
            throw new ProtocolException($"{what}: element {Count}: the data is larger than a tensor may be, expected at most {maxBytes} bytes");
        }

        if (needed > _buffer.Span.Length)
        {
            _buffer.Grow(_used, needed);
        }

        var target = _buffer.Span[_used..];
        var length = Copy(ref reader, target[BytesElements.PrefixSize..]);
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        _used += BytesElements.PrefixSize + length;
    }

    private readonly int Copy(ref Utf8JsonReader reader, Span<byte> target)
    {
        if (reader is { ValueIsEscaped: false, HasValueSequence: false })
        {
            reader.ValueSpan.CopyTo(target);
            return Utf8.IsValid(reader.ValueSpan) ? reader.ValueSpan.Length : throw NotUtf8(null);
        }

        try
        {
            return reader.CopyString(target);
        }
        catch (InvalidOperationException e)
        {
            // The reader's word for invalid UTF-8 and for \u escapes of half a surrogate pair.
            throw NotUtf8(e);
        }
    }

    private readonly ProtocolException NotUtf8(Exception? cause) => new($"{what}: element {Count}: not valid UTF-8, expected text; send other bytes as binary tensor data", cause);
}
