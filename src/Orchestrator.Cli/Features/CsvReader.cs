using System.Text;

namespace Orchestrator.Cli.Features;

/// <summary>Reads comma-separated values (RFC 4180: quotes, doubled quotes, line breaks inside quotes) record by record; never more than one record in memory.</summary>
internal sealed class CsvReader(TextReader text)
{
    /// <summary>Most characters of one record.</summary>
    public const int MostCharacters = 4 * 1024 * 1024;

    private readonly StringBuilder _field = new();
    private int _line = 1;

    /// <summary>The line on which the record that was read last begins, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next record, or null at the end. Empty lines are passed over.</summary>
    /// <exception cref="FormatException">The quotes of a record do not match, or it is too long; what follows is not read right.</exception>
    public List<string>? Read()
    {
        int next;
        while ((next = text.Peek()) is '\n' or '\r')
        {
            SkipLineEnd();
        }

        if (next < 0)
        {
            return null;
        }

        Line = _line;
        var fields = new List<string>();
        var length = 0;
        while (true)
        {
            var isLast = ReadField();
            length += _field.Length;
            if (length > MostCharacters)
            {
                throw new FormatException($"line {Line}: a record of more than {MostCharacters} characters; is a quote not closed?");
            }

            fields.Add(_field.ToString());
            if (isLast)
            {
                return fields;
            }
        }
    }

    /// <returns>Whether the record ends with it.</returns>
    private bool ReadField()
    {
        _field.Clear();
        if (text.Peek() == '"')
        {
            text.Read();
            ReadQuoted();
        }

        while (true)
        {
            switch (text.Peek())
            {
                case -1:
                    return true;
                case ',':
                    text.Read();
                    return false;
                case '\n' or '\r':
                    SkipLineEnd();
                    return true;
                default:
                    Append((char)text.Read());
                    break;
            }
        }
    }

    private void ReadQuoted()
    {
        while (true)
        {
            switch (text.Read())
            {
                case -1:
                    throw new FormatException($"line {Line}: a quote is not closed");
                case '"' when text.Peek() == '"':
                    text.Read();
                    Append('"');
                    break;
                case '"':
                    return;
                case var c:
                    _line += c == '\n' ? 1 : 0;
                    Append((char)c);
                    break;
            }
        }
    }

    private void Append(char c)
    {
        if (_field.Length > MostCharacters)
        {
            throw new FormatException($"line {Line}: a field of more than {MostCharacters} characters; is a quote not closed?");
        }

        _field.Append(c);
    }

    private void SkipLineEnd()
    {
        if (text.Read() == '\r' && text.Peek() == '\n')
        {
            text.Read();
        }

        _line++;
    }
}
