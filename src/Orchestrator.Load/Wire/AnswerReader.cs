using System.Buffers.Text;

namespace Orchestrator.Load.Wire;

/// <summary>
/// Reads one HTTP/1.1 answer after the other out of a buffer of its own: received bytes go to <see cref="Free"/>, then <see cref="Advance"/> looks whether
/// the answer is whole. Chunked bodies are joined in place. Nothing is allocated per answer once the buffer has grown to the largest.
/// </summary>
internal sealed class AnswerReader
{
    private const int InitialBuffer = 16 * 1024;
    private const int MaxAnswer = 16 * 1024 * 1024;
    private byte[] _buffer = new byte[InitialBuffer];
    private int _length;
    private Stage _stage;
    private int _bodyStart;
    private int _bodyEnd;
    private ChunkJoiner _chunks;

    private enum Stage
    {
        Head,
        Length,
        Chunks,
        UntilEnd,
        Done,
    }

    /// <summary>Status code of the answer; valid once it is whole.</summary>
    public int Status { get; private set; }

    /// <summary>False: the server closes the connection after this answer.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Body of the answer; valid once it is whole, until <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyStart, _bodyEnd - _bodyStart);

    /// <summary>Where the next received bytes go.</summary>
    public Memory<byte> Free()
    {
        if (_length == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        return _buffer.AsMemory(_length);
    }

    /// <summary>Forgets the answer, for the next one on the same connection or on another.</summary>
    public void Reset()
    {
        _length = 0;
        _stage = Stage.Head;
    }

    /// <summary>Takes <paramref name="received"/> more bytes; 0: the connection has ended.</summary>
    /// <returns>True once the answer is whole; false: more is needed.</returns>
    /// <exception cref="MalformedAnswerException">The bytes are no HTTP/1.1 answer, or the connection ended in the middle of one.</exception>
    public bool Advance(int received)
    {
        _length += received;
        var whole = received == 0 ? EndOfInput() : Walk();
        if (!whole && _length > MaxAnswer)
        {
            throw new MalformedAnswerException($"the answer is longer than {MaxAnswer} bytes");
        }

        return whole;
    }

    private bool EndOfInput()
    {
        if (_stage != Stage.UntilEnd)
        {
            throw new MalformedAnswerException(_length == 0
                ? "the connection ended before the answer"
                : $"the connection ended within the answer, after {_length} bytes");
        }

        _bodyEnd = _length;
        _stage = Stage.Done;
        return true;
    }

    private bool Walk()
    {
        while (_stage == Stage.Head)
        {
            if (!TryReadHead())
            {
                return false;
            }
        }

        switch (_stage)
        {
            case Stage.Length when _length >= _bodyEnd:
                return Finish(_bodyEnd);
            case Stage.Chunks when _chunks.TryJoin(_buffer, _length):
                _bodyEnd = _chunks.BodyEnd;
                return Finish(_chunks.Position);
            default:
                return false;
        }
    }

    private bool Finish(int end)
    {
        // One request is in flight at a time, so nothing can rightly follow its answer.
        if (_length > end)
        {
            throw new MalformedAnswerException($"{_length - end} bytes follow the answer");
        }

        _stage = Stage.Done;
        return true;
    }

    private bool TryReadHead()
    {
        var head = _buffer.AsSpan(0, _length);
        var end = head.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        ReadStatusLine(head);
        if (Status is >= 100 and < 200)
        {
            // An interim answer (100 Continue): the real one follows.
            _length -= end + 4;
            Array.Copy(_buffer, end + 4, _buffer, 0, _length);
            return _length > 0;
        }

        ReadHeaders(head[..end], end + 4);
        return true;
    }

    private void ReadStatusLine(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12 || !head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head.Slice(9, 3), out int status, out var used) || used != 3)
        {
            throw new MalformedAnswerException("expected HTTP/1.1 and a status code at the start of the answer");
        }

        Status = status;
        KeepAlive = head[7] == '1';
    }

    private void ReadHeaders(ReadOnlySpan<byte> head, int bodyStart)
    {
        _bodyStart = _bodyEnd = bodyStart;
        _stage = Status is 204 or 304 ? Stage.Length : Stage.UntilEnd;
        for (var next = head.IndexOf("\r\n"u8); next >= 0; next = head.IndexOf("\r\n"u8))
        {
            head = head[(next + 2)..];
            var line = head.IndexOf("\r\n"u8) is var lineEnd and >= 0 ? head[..lineEnd] : head;
            ReadHeader(line);
        }

        if (_stage == Stage.UntilEnd)
        {
            KeepAlive = false;
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> line)
    {
        if (HasName(line, "content-length:"u8, out var value) && _stage != Stage.Chunks)
        {
            if (!Utf8Parser.TryParse(value, out int length, out var used) || used != value.Length || length is < 0 or > MaxAnswer)
            {
                throw new MalformedAnswerException($"expected a Content-Length of 0 to {MaxAnswer}");
            }

            _stage = Stage.Length;
            _bodyEnd = _bodyStart + length;
        }
        else if (HasName(line, "transfer-encoding:"u8, out value) && EqualsIgnoreCase(value, "chunked"u8))
        {
            _stage = Stage.Chunks;
            _chunks = new ChunkJoiner(_bodyStart);
        }
        else if (HasName(line, "connection:"u8, out value) && EqualsIgnoreCase(value, "close"u8))
        {
            KeepAlive = false;
        }
    }

    private static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var has = line.Length >= name.Length && EqualsIgnoreCase(line[..name.Length], name);
        value = has ? line[name.Length..].Trim(" \t"u8) : default;
        return has;
    }

    private static bool EqualsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => System.Text.Ascii.EqualsIgnoreCase(text, lower);
}
