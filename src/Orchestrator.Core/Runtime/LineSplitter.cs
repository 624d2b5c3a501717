using System.Text;

namespace Orchestrator.Core.Runtime;

/// <summary>Cuts a stream of bytes into lines of text; a longer line than a log should hold is cut into pieces.</summary>
public sealed class LineSplitter
{
    /// <summary>Characters of a line, at most.</summary>
    public const int LongestLine = 16 * 1024;

    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
    private readonly StringBuilder _rest = new();
    private readonly char[] _characters = new char[LongestLine];

    /// <summary>The lines that are complete with these bytes.</summary>
    public List<string> Add(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        var lines = new List<string>();
        while (true)
        {
            _decoder.Convert(bytes, _characters, isEnd, out var used, out var written, out _);
            AddCharacters(_characters.AsSpan(0, written), lines);
            bytes = bytes[used..];
            if (bytes.IsEmpty)
            {
                break;
            }
        }

        if (isEnd && _rest.Length > 0)
        {
            TakeRest(lines);
        }

        return lines;
    }

    private void AddCharacters(ReadOnlySpan<char> characters, List<string> lines)
    {
        while (!characters.IsEmpty)
        {
            var end = characters.IndexOf('\n');
            var piece = end < 0 ? characters : characters[..end];
            if (_rest.Length + piece.Length > LongestLine)
            {
                piece = piece[..(LongestLine - _rest.Length)];
                end = -1;
            }

            _rest.Append(piece);
            characters = characters[(end < 0 ? piece.Length : end + 1)..];
            if (end >= 0 || _rest.Length == LongestLine)
            {
                TakeRest(lines);
            }
        }
    }

    private void TakeRest(List<string> lines)
    {
        lines.Add(_rest.ToString().TrimEnd('\r'));
        _rest.Clear();
    }
}
