using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>
/// The response parameter <c>errors</c>: a string that holds a JSON object from row to text. Read strictly: a mistake taken lightly here would pass placeholder rows off
/// as predictions. (An <c>errors</c> parameter that is no string is somebody else's and stays among the parameters.)
/// </summary>
internal static class RowErrors
{
    private const string What = "parameters: errors";
    private const string InvalidWhat = "parameters: invalid_rows";

    /// <summary>Reads it.</summary>
    /// <exception cref="ProtocolException">It is no such object, or names a row that no output has.</exception>
    public static Dictionary<int, string> Read(JsonElement parameter, IReadOnlyList<Tensor> outputs)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(parameter.GetString()!));
        try
        {
            return Read(ref reader, outputs.Count == 0 ? int.MaxValue : outputs[0].Rows);
        }
        catch (JsonException e)
        {
            throw new ProtocolException($"{What}: expected a JSON object from row to text: {e.Message}", e);
        }
    }

    /// <summary>The parameter's text.</summary>
    public static string Write(IReadOnlyDictionary<int, string> errors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (row, error) in errors)
            {
                writer.WriteString(row.ToString(CultureInfo.InvariantCulture), error);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads <c>invalid_rows</c>: a string that holds a JSON array of rows that <paramref name="errors"/> names.</summary>
    /// <exception cref="ProtocolException">It is no such array.</exception>
    public static HashSet<int> ReadInvalid(JsonElement parameter, Dictionary<int, string> errors)
    {
        try
        {
            var rows = JsonSerializer.Deserialize<HashSet<int>>(parameter.GetString()!) ?? [];
            foreach (var row in rows)
            {
                if (!errors.ContainsKey(row))
                {
                    throw new ProtocolException($"{InvalidWhat}: expected only rows that the parameter errors names but got {row}");
                }
            }

            return rows;
        }
        catch (JsonException e)
        {
            throw new ProtocolException($"{InvalidWhat}: expected a JSON array of rows: {e.Message}", e);
        }
    }

    /// <summary>The text of <c>invalid_rows</c>.</summary>
    public static string WriteInvalid(IReadOnlyCollection<int> rows) => $"[{string.Join(',', rows)}]";

    private static Dictionary<int, string> Read(ref Utf8JsonReader reader, int rows)
    {
        var errors = new Dictionary<int, string>();
        WireJson.Next(ref reader);
        WireJson.ExpectObject(ref reader, What);
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var key = WireJson.PropertyText(ref reader, What);
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var row) || row >= rows)
            {
                throw new ProtocolException($"{What}: expected a row below {rows} but got '{WireJson.Clip(key)}'");
            }

            if (!errors.TryAdd(row, WireJson.ReadString(ref reader, $"{What}: row {row}")))
            {
                throw new ProtocolException($"{What}: row {row} is given twice");
            }
        }

        reader.Read();
        return errors;
    }
}
