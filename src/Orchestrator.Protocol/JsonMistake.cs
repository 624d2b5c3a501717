using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>What is wrong with a JSON text, as a part of a sentence: the reader's own words end in two positions and a full stop.</summary>
public static class JsonMistake
{
    /// <summary><c>'b' is an invalid start of a value (line 1, byte 14)</c>; both count from 1.</summary>
    public static string Describe(JsonException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.LineNumber is { } line ? $"{Sentence(exception)} (line {line + 1}, byte {exception.BytePositionInLine + 1})" : Sentence(exception);
    }

    /// <summary>The same of a text that is one line of many, which the caller names.</summary>
    public static string DescribeWithinLine(JsonException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.BytePositionInLine is { } position ? $"{Sentence(exception)} (byte {position + 1})" : Sentence(exception);
    }

    private static string Sentence(JsonException exception)
    {
        var message = exception.Message;
        foreach (var position in (ReadOnlySpan<string>)[" Path: ", " LineNumber: "])
        {
            var at = message.IndexOf(position, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }

        return message.TrimEnd(' ', '.');
    }
}
