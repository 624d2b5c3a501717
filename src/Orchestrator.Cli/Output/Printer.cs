using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Spectre.Console;

namespace Orchestrator.Cli.Output;

/// <summary>Writes results to standard output, as JSON or for people; notes, progress and errors to standard error.</summary>
internal sealed class Printer
{
    private static readonly CoreJson Indented = new(new JsonSerializerOptions(CoreJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    private static readonly CoreJson OneLine = new(new JsonSerializerOptions(CoreJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private readonly CliContext _context;

    public Printer(CliContext context, bool isJson)
    {
        _context = context;
        IsJson = isJson;
        OutConsole = CreateConsole(context.Out, context.IsOutTerminal);
        ErrorConsole = CreateConsole(context.Error, context.IsErrorTerminal);
    }

    public bool IsJson { get; }

    public IAnsiConsole OutConsole { get; }

    public IAnsiConsole ErrorConsole { get; }

    /// <summary>Width of the terminal in characters.</summary>
    public int Width => _context.Width;

    public bool IsOutTerminal => _context.IsOutTerminal;

    public bool IsErrorTerminal => _context.IsErrorTerminal;

    /// <summary>A line of a result for people; nothing in JSON.</summary>
    public async Task LineAsync(string line)
    {
        if (!IsJson)
        {
            await _context.Out.WriteLineAsync(line);
        }
    }

    /// <summary>A line of output in either form; flushed, for it may be one of a stream.</summary>
    public async Task RawLineAsync(string line)
    {
        await _context.Out.WriteLineAsync(line);
        await _context.Out.FlushAsync();
    }

    /// <summary>A result: JSON, or what <paramref name="forPeople"/> writes.</summary>
    public async Task ResultAsync<T>(T value, Func<CoreJson, JsonTypeInfo<T>> type, Func<Task> forPeople)
    {
        if (IsJson)
        {
            await _context.Out.WriteLineAsync(JsonSerializer.Serialize(value, type(Indented)));
        }
        else
        {
            await forPeople();
        }
    }

    /// <summary>One item of a stream as JSON on a line of its own.</summary>
    public Task JsonLineAsync<T>(T value, Func<CoreJson, JsonTypeInfo<T>> type) => RawLineAsync(JsonSerializer.Serialize(value, type(OneLine)));

    public Task TableAsync(TextTable table)
    {
        if (_context.IsOutTerminal)
        {
            OutConsole.Write(table.ToTerminal(_context.Width));
            return Task.CompletedTask;
        }

        return _context.Out.WriteAsync(table.ToPlain());
    }

    /// <summary>For people, beside the result: hints and progress.</summary>
    public async Task NoteAsync(string line)
    {
        if (!IsJson)
        {
            await _context.Error.WriteLineAsync(line);
        }
    }

    /// <summary>A line that the next one overwrites, on a terminal only; null: it goes away. Nothing else may be written meanwhile.</summary>
    public void Progress(string? line)
    {
        if (IsErrorTerminal && !IsJson)
        {
            // A line that wraps could not be overwritten.
            _context.Error.Write($"\r{(line is null ? "" : line.Length < _context.Width ? line : line[..(_context.Width - 1)])}\u001b[K");
            _context.Error.Flush();
        }
    }

    /// <param name="message">What happened and what to do.</param>
    /// <param name="details">Every single mistake, for people.</param>
    /// <param name="mistakes">The same with their places, for JSON; none: <paramref name="details"/> without.</param>
    public async Task ErrorAsync(string message, IReadOnlyList<string> details, IReadOnlyList<SpecError>? mistakes = null)
    {
        if (IsJson)
        {
            var error = new AdminError(message, mistakes is { Count: > 0 } ? mistakes : [.. details.Select(d => new SpecError("", d))]);
            await _context.Error.WriteLineAsync(JsonSerializer.Serialize(error, Indented.AdminError));
            return;
        }

        if (details.Count == 1 && (details[0] == message || details[0].EndsWith($": {message}", StringComparison.Ordinal)))
        {
            // The only mistake is what the message says: once, with its place.
            (message, details) = (details[0], []);
        }

        if (_context is { IsErrorTerminal: true, MayColour: true })
        {
            ErrorConsole.Write(new Text("error: ", new Style(Color.Red, decoration: Decoration.Bold)));
            await _context.Error.WriteLineAsync(message);
        }
        else
        {
            await _context.Error.WriteLineAsync("error: " + message);
        }

        foreach (var detail in details)
        {
            await _context.Error.WriteLineAsync("  " + detail);
        }
    }

    private IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isTerminal && _context.MayColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = _context.Width;
        return console;
    }
}
