using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>What is wrong with a JSON text, as a part of a sentence: the reader's own words end in two positions and a full stop.</summary>
public static class JsonMistake
{
    /// <summary><c>'b' is an invalid start of a value (line 1, byte 14)</c>.</summary>
    public static string Describe(JsonException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var message = exception.Message;
        foreach (var position in (ReadOnlySpan<string>)[" Path: ", " LineNumber: "])
        {
            var at = message.IndexOf(position, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }

        message = message.TrimEnd(' ', '.');
        return exception.LineNumber is null ? message : $"{message} (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine})";
    }
}
