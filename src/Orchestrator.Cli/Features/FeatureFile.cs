using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;

namespace Orchestrator.Cli.Features;

/// <summary>Reads the records of a view from a file, typed by the view, line by line.</summary>
internal sealed class FeatureFile(FeatureView view, string path, bool isCsv, string timeColumn, TimeProvider time)
{
    private const int MostLine = CsvReader.MostCharacters;

    /// <summary>Bytes of the file.</summary>
    public long Bytes { get; } = new FileInfo(path).Length;

    /// <summary>Bytes that were read so far, for a progress bar.</summary>
    public long BytesRead { get; private set; }

    /// <summary>What is worth knowing about columns; known after the first line.</summary>
    public string? Note { get; private set; }

    /// <summary>Whether a name means a file of comma-separated values; null: it does not say.</summary>
    public static bool? IsCsv(string path) => Path.GetExtension(path).ToLowerInvariant() switch { ".csv" => true, ".jsonl" or ".ndjson" => false, _ => null };

    /// <summary>Every line that is no record of the view comes with its mistakes instead of a row.</summary>
    /// <exception cref="CliException">The file cannot be read as what it is said to be.</exception>
    public IEnumerable<FeatureLine> Read()
    {
        using var stream = Open();
        using var text = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        var now = time.GetUtcNow();
        foreach (var line in isCsv ? ReadCsv(text, now) : ReadJson(text, now))
        {
            BytesRead = stream.Position;
            yield return line;
        }
    }

    private FileStream Open()
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Invalid, $"{path}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }

    private IEnumerable<FeatureLine> ReadCsv(StreamReader text, DateTimeOffset now)
    {
        var csv = new CsvReader(text);
        var columns = Guarded(csv.Read) ?? throw new CliException(ExitCodes.Invalid, $"{path} is empty; expected a first line with the names of the columns: {Expected()}.");
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < columns.Count; i++)
        {
            if (!places.TryAdd(columns[i].Trim(), i))
            {
                throw new CliException(ExitCodes.Invalid, $"{path}:1: column '{columns[i].Trim()}' is there twice; expected each once.");
            }
        }

        CheckColumns(places.Keys);
        while (Guarded(csv.Read) is { } fields)
        {
            var mistakes = new List<string>();
            if (fields.Count != columns.Count)
            {
                mistakes.Add($"{fields.Count} fields; expected {columns.Count}, as the first line says");
                yield return new FeatureLine(csv.Line, null, mistakes);
                continue;
            }

            var row = FeatureRowReader.Read(view, name => new RawValue(places.TryGetValue(name, out var at) ? fields[at] : null, null), timeColumn, now, mistakes);
            yield return new FeatureLine(csv.Line, row, mistakes);
        }
    }

    private void CheckColumns(IReadOnlyCollection<string> columns)
    {
        if (view.Keys.FirstOrDefault(k => !columns.Contains(k.Name)) is { } key)
        {
            throw new CliException(ExitCodes.Invalid, $"{path}:1: no column '{key.Name}'{Suggestion.For(key.Name, columns)}, which view '{view.Name}' is looked up by; expected {Expected()}, found {string.Join(", ", columns)}.");
        }

        if (timeColumn != FeatureRowReader.TimeColumn && !columns.Contains(timeColumn))
        {
            throw new CliException(ExitCodes.Invalid, $"{path}:1: no column '{timeColumn}'{Suggestion.For(timeColumn, columns)}, as --time says; found {string.Join(", ", columns)}.");
        }

        var known = view.Keys.Select(k => k.Name).Concat(view.Features.Select(f => f.Name)).Append(timeColumn).ToHashSet();
        var ignored = columns.Where(c => !known.Contains(c)).ToList();
        var absent = view.Features.Select(f => f.Name).Where(f => !columns.Contains(f)).ToList();
        var notes = new List<string>();
        if (ignored.Count > 0)
        {
            notes.Add($"not in the view, ignored: {string.Join(", ", ignored)}");
        }

        if (absent.Count > 0)
        {
            notes.Add($"no column for {string.Join(", ", absent)}: records have none");
        }

        Note = notes.Count == 0 ? null : $"{path}: {string.Join("; ", notes)}";
    }

    private string Expected() => string.Join(", ", view.Keys.Select(k => k.Name).Concat(view.Features.Select(f => f.Name)));

    private IEnumerable<FeatureLine> ReadJson(StreamReader text, DateTimeOffset now)
    {
        for (var number = 1; Guarded(() => ReadLine(text, number)) is { } line; number++)
        {
            if (line.AsSpan().Trim().Length > 0)
            {
                yield return ReadJsonLine(line, number, now);
            }
        }
    }

    private FeatureLine ReadJsonLine(string line, int number, DateTimeOffset now)
    {
        var mistakes = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                mistakes.Add($"not an object; expected one with the members {Expected()}");
                return new FeatureLine(number, null, mistakes);
            }

            var row = FeatureRowReader.Read(view, name => new RawValue(null, root.TryGetProperty(name, out var value) ? value : default(JsonElement)), timeColumn, now, mistakes);
            return new FeatureLine(number, row, mistakes);
        }
        catch (JsonException e)
        {
            mistakes.Add($"not JSON (byte {e.BytePositionInLine}); expected an object with the members {Expected()}, on a line of its own");
            return new FeatureLine(number, null, mistakes);
        }
    }

    private static string? ReadLine(StreamReader text, int number)
    {
        if (text.Peek() < 0)
        {
            return null;
        }

        var line = new StringBuilder();
        for (var c = text.Read(); c is >= 0 and not '\n'; c = text.Read())
        {
            if (line.Length > MostLine)
            {
                throw new FormatException($"line {number}: more than {MostLine} characters");
            }

            line.Append((char)c);
        }

        return line.ToString();
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Invalid, $"{path}, {e.Message}. What follows was not read.", innerException: e);
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException(ExitCodes.Invalid, $"{path} is not UTF-8; save it as UTF-8. What follows was not read.", innerException: e);
        }
        catch (IOException e)
        {
            throw new CliException(ExitCodes.Failed, $"{path} cannot be read on: {FileMistake.Describe(e)}.", innerException: e);
        }
    }
}

/// <summary>A line of a file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Row">Its record; null: it is none.</param>
/// <param name="Mistakes">Then why.</param>
internal sealed record FeatureLine(int Number, FeatureRow? Row, IReadOnlyList<string> Mistakes);
