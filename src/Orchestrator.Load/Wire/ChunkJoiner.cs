using System.Buffers.Text;

namespace Orchestrator.Load.Wire;

/// <summary>Joins the chunks of a chunked body in place: data moves forward over the chunk sizes between it. Takes what is there and goes on later.</summary>
/// <param name="start">Where the first chunk's size line begins.</param>
internal struct ChunkJoiner(int start)
{
    private const int LongestLine = 4096;
    private int _left;
    private Part _part;

    private enum Part
    {
        Size,
        Data,
        AfterData,
        Trailer,
    }

    /// <summary>Up to where the buffer has been read.</summary>
    public int Position { get; private set; } = start;

    /// <summary>Where the joined body ends.</summary>
    public int BodyEnd { get; private set; } = start;

    /// <summary>Joins what is there.</summary>
    /// <returns>True once the last chunk and its trailer were read.</returns>
    /// <exception cref="MalformedAnswerException">A chunk is not as it must be.</exception>
    public bool TryJoin(byte[] buffer, int length)
    {
        while (true)
        {
            if (_part == Part.Data)
            {
                if (!MoveData(buffer, length))
                {
                    return false;
                }

                continue;
            }

            var rest = buffer.AsSpan(Position, length - Position);
            var end = rest.IndexOf("\r\n"u8);
            if (end < 0)
            {
                return rest.Length <= LongestLine ? false : throw new MalformedAnswerException("a chunk's size line does not end");
            }

            Position += end + 2;
            if (ReadLine(rest[..end]))
            {
                return true;
            }
        }
    }

    private bool MoveData(byte[] buffer, int length)
    {
        var there = Math.Min(_left, length - Position);
        Buffer.BlockCopy(buffer, Position, buffer, BodyEnd, there);
        Position += there;
        BodyEnd += there;
        _left -= there;
        if (_left > 0)
        {
            return false;
        }

        _part = Part.AfterData;
        return true;
    }

    // True: it was the empty line after the last chunk.
    private bool ReadLine(ReadOnlySpan<byte> line)
    {
        switch (_part)
        {
            case Part.AfterData when line.IsEmpty:
                _part = Part.Size;
                return false;
            case Part.Trailer:
                return line.IsEmpty;
            case Part.Size when Utf8Parser.TryParse(line, out int size, out var used, 'x') && size >= 0 && (used == line.Length || line[used] is (byte)';' or (byte)' '):
                _left = size;
                _part = size == 0 ? Part.Trailer : Part.Data;
                return false;
            default:
                throw new MalformedAnswerException("a chunk does not begin with its size or does not end with a line break");
        }
    }
}
