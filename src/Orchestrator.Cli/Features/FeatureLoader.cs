using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Admin;
using Orchestrator.Cli.Output;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Features;
using Spectre.Console;

namespace Orchestrator.Cli.Features;

/// <summary>Sends the records of a file to the orchestrator, a page at a time, which writes each page in one round trip. Lines that are none are told and passed over.</summary>
internal sealed class FeatureLoader(AdminClient admin, Printer printer, TimeProvider time, FeatureView view)
{
    private const int RowsPerPage = 1000;

    /// <summary>A request to the admin API is bounded, and a text may be long.</summary>
    private const int MostCharactersPerPage = 4 * 1024 * 1024;
    private const int PagesBetweenLines = 100;

    /// <summary>How many records were written.</summary>
    public int Loaded { get; private set; }

    /// <summary>How many lines were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Reads the whole file without sending anything.</summary>
    /// <exception cref="CliException">It cannot be read, or has more mistakes than allowed.</exception>
    public async Task CheckAsync(FeatureFile file, int mostErrors, string path)
    {
        foreach (var line in file.Read().Where(l => l.Row is null))
        {
            await RefuseAsync(path, line, mostErrors);
        }
    }

    /// <summary>Loads the file.</summary>
    /// <exception cref="CliException">It cannot be read, has more mistakes than allowed, or the orchestrator refuses.</exception>
    public async Task LoadAsync(FeatureFile file, int mostErrors, string path, CancellationToken stop)
    {
        Refused = 0;
        if (printer.IsJson || !printer.IsErrorTerminal)
        {
            await LoadAsync(file, mostErrors, path, () => { }, stop);
            return;
        }

        await printer.ErrorConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape($"loading {view.Name}"), maxValue: Math.Max(1, file.Bytes));
                await LoadAsync(file, mostErrors, path, () => task.Value = file.BytesRead, stop);
                task.Value = task.MaxValue;
            });
    }

    private async Task LoadAsync(FeatureFile file, int mostErrors, string path, Action onPage, CancellationToken stop)
    {
        var page = new List<FeatureRow>(RowsPerPage);
        var pages = 0;
        var characters = 0;
        var began = time.GetTimestamp();
        var isFirst = true;
        foreach (var line in file.Read())
        {
            if (isFirst && file.Note is { } note)
            {
                await printer.NoteAsync(note);
            }

            isFirst = false;
            if (line.Row is null)
            {
                await RefuseAsync(path, line, mostErrors);
                continue;
            }

            page.Add(line.Row);
            characters += line.Row.Values.Sum(v => v?.Length ?? 0);
            if (page.Count == RowsPerPage || characters > MostCharactersPerPage)
            {
                await SendAsync(page, stop);
                characters = 0;
                onPage();
                if (++pages % PagesBetweenLines == 0 && !printer.IsErrorTerminal)
                {
                    await printer.NoteAsync($"{Loaded} records after {time.GetElapsedTime(began).TotalSeconds:F0} s");
                }
            }
        }

        await SendAsync(page, stop);
    }

    private async Task SendAsync(List<FeatureRow> page, CancellationToken stop)
    {
        if (page.Count > 0)
        {
            Loaded += (await admin.WriteFeaturesAsync(new WriteFeaturesRequest { View = view.Spec, Rows = [.. page.Select(ToJson)] }, stop)).Written;
            page.Clear();
        }
    }

    private async Task RefuseAsync(string path, FeatureLine line, int mostErrors)
    {
        Refused++;
        foreach (var mistake in line.Mistakes)
        {
            await printer.NoteAsync($"{path}:{line.Number}: {mistake}");
        }

        if (Refused >= mostErrors)
        {
            throw new CliException(ExitCodes.Failed, $"{path}: {Refused} lines were refused, which is as many as --most-errors allows; {Loaded} records were loaded, what follows line {line.Number} was not read. Is it a file of view '{view.Name}'?");
        }
    }

    private JsonElement ToJson(FeatureRow row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber(FeatureRowReader.TimeColumn, row.At.ToUnixTimeMilliseconds());
            for (var i = 0; i < view.Keys.Count; i++)
            {
                json.WriteString(view.Keys[i].Name, row.Entity.Values[i]);
            }

            for (var i = 0; i < view.Features.Count; i++)
            {
                if (row.Values[i] is { } value)
                {
                    json.WritePropertyName(view.Features[i].Name);
                    json.WriteRawValue(FeatureText.ToJson(view.Features[i].Type, Encoding.UTF8.GetBytes(value)));
                }
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        return document.RootElement.Clone();
    }
}
