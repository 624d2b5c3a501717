using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Protocol;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch predict</c>.</summary>
internal static class PredictCommand
{
    /// <summary>What Clipper's errors end with: of no use to somebody who wrote a command.</summary>
    private const string ClipperSchema = "Expected JSON schema:";

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var application = new Argument<string>("application") { Description = "Name of the application." }.CompletedByApplications(context, globals);
        var input = new Argument<string>("input") { Description = "One input as JSON ([5.1, 3.5] or {\"age\": 61} or \"text\"), @FILE that holds it, or - for standard input." };
        var batch = new Option<bool>("--batch") { Description = "The input is a list of inputs." };
        return new Command("predict", "Ask an application for a prediction.").With(application, input, batch).Runs(context, globals, async (session, parsed, stop) =>
        {
            var text = await ReadAsync(session, parsed.GetRequiredValue(input), stop);
            var body = $"{{\"{(parsed.GetValue(batch) ? "input_batch" : "input")}\":{text}}}";
            using var answer = await SendAsync(session, parsed.GetRequiredValue(application), body, stop);
            var content = await answer.Content.ReadAsStringAsync(stop);
            if (!answer.IsSuccessStatusCode)
            {
                throw await ExplainAsync(session, parsed.GetRequiredValue(application), answer, content, stop);
            }

            return await PrintAsync(session, content) ? ExitCodes.Ok : ExitCodes.Failed;
        });
    }

    private static async Task<string> ReadAsync(Session session, string input, CancellationToken stop)
    {
        var text = input == "-" ? await session.Context.In.ReadToEndAsync(stop) : input.StartsWith('@') ? await ReadFileAsync(input[1..], stop) : input;
        try
        {
            using var document = JsonDocument.Parse(text);
            return text.Trim();
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Invalid, $"input: expected JSON such as [5.1, 3.5, 1.4] or {{\"age\": 61}} (text in double quotes), @FILE or -; {JsonMistake.Describe(e)}.", innerException: e);
        }
    }

    private static async Task<string> ReadFileAsync(string path, CancellationToken stop)
    {
        try
        {
            return await File.ReadAllTextAsync(path, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Invalid, $"input: {path}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(Session session, string application, string body, CancellationToken stop)
    {
        var address = new Uri(session.QueryAddress, $"{Uri.EscapeDataString(application)}/predict");
        using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        try
        {
            return await session.Http.PostAsync(address, content, stop);
        }
        catch (HttpRequestException e)
        {
            throw new CliException(
                ExitCodes.Unreachable,
                $"Cannot reach the query frontend at {address.GetLeftPart(UriPartial.Authority)} ({e.GetBaseException().Message}). Is it running? Start it with: orch up -f cluster.yaml; elsewhere: --url URL or ORCHESTRATOR_URL.",
                innerException: e);
        }
    }

    private static async Task<CliException> ExplainAsync(Session session, string application, HttpResponseMessage answer, string content, CancellationToken stop)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {answer.ReasonPhrase}");
        var text = content;
        try
        {
            using var document = JsonDocument.Parse(content);
            string?[] parts = [Member(document.RootElement, "error"), Member(document.RootElement, "cause")];
            text = string.Join(": ", parts.Where(p => p is not null));
        }
        catch (JsonException)
        {
            // Something else than the frontend answered; its words are quoted as they are.
        }

        var schema = text.IndexOf(ClipperSchema, StringComparison.Ordinal);
        text = schema < 0 ? text : text[..schema].TrimEnd();
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound && await KnownApplicationsAsync(session, stop) is { } known && !known.Contains(application))
        {
            return Names.Unknown("application", application, known);
        }

        return new CliException(ExitCodes.Failed, $"{application}: {status}: {text}");
    }

    // Only for a better message: without an admin API the answer of the frontend must do.
    private static async Task<IReadOnlyList<string>?> KnownApplicationsAsync(Session session, CancellationToken stop)
    {
        try
        {
            return [.. (await session.Admin.ApplicationsAsync(stop)).Select(a => a.Spec.Name)];
        }
        catch (CliException)
        {
            return null;
        }
    }

    /// <returns>Whether every query has an output.</returns>
    private static async Task<bool> PrintAsync(Session session, string content)
    {
        using var document = JsonDocument.Parse(content);
        var answers = document.RootElement.TryGetProperty("batch_predictions", out var batch) ? [.. batch.EnumerateArray()] : new[] { document.RootElement };
        var isComplete = answers.All(a => a.TryGetProperty("output", out _));
        if (session.Printer.IsJson)
        {
            await session.Printer.RawLineAsync(content.Trim());
            return isComplete;
        }

        foreach (var answer in answers)
        {
            await session.Printer.RawLineAsync(answer.TryGetProperty("output", out var output) ? output.GetRawText() : $"error: {Member(answer, "error")}: {Member(answer, "cause")}");
        }

        await session.Printer.NoteAsync(Describe(answers));
        return isComplete;
    }

    // Without the time it took: most of that would be the start of this very program.
    private static string Describe(JsonElement[] answers)
    {
        var models = answers.Where(a => a.TryGetProperty("model", out _)).Select(a => $"{Member(a, "model")}:{Member(a, "version")}").Distinct().ToList();
        var defaults = answers.Where(a => a.TryGetProperty("default", out var d) && d.ValueKind == JsonValueKind.True).ToList();
        var by = models.Count > 0 ? $"answered by {string.Join(", ", models)}" : "answered";
        var note = defaults.Count == 0 ? "" : $"; {(answers.Length == 1 ? "this is" : $"{defaults.Count} are")} the default output: {Member(defaults[0], "default_explanation")}";
        return $"{by}{note}";
    }

    private static string? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText() : null;
}
