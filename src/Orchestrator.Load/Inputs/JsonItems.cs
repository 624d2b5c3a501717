using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>Reads a list of JSON values: an array, or one value a line.</summary>
internal static class JsonItems
{
    /// <exception cref="FormatException">It is neither; the message names the line.</exception>
    public static IReadOnlyList<JsonElement> Read(string text)
    {
        var trimmed = text.Trim();
        var items = trimmed.StartsWith('[') && TryReadArray(trimmed, out var array) ? array : ReadLines(text);
        return items.Count > 0 ? items : throw new FormatException("expected at least one value, got none");
    }

    // An array of arrays or objects is a list; [1, 2] on one line is one row.
    private static bool TryReadArray(string text, out List<JsonElement> items)
    {
        items = [];
        try
        {
            using var document = JsonDocument.Parse(text);
            items = [.. document.RootElement.EnumerateArray().Select(e => e.Clone())];
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static List<JsonElement> ReadLines(string text)
    {
        var items = new List<JsonElement>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                using var document = JsonDocument.Parse(line);
                items.Add(document.RootElement.Clone());
            }
            catch (JsonException error)
            {
                throw new FormatException($"line {number}: expected a JSON array of values, or one JSON value a line: {JsonMistake.DescribeWithinLine(error)}", error);
            }
        }

        return items;
    }
}
