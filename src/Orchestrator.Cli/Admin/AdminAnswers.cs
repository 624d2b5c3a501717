using System.Net;
using System.Text.Json;
using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Admin;

/// <summary>Turns what goes wrong between <c>orch</c> and the orchestrator into messages.</summary>
internal static class AdminAnswers
{
    private const int LongestQuote = 200;
    private const string Prefix = "error:";

    public static CliException Unreachable(Uri address, Exception cause) => new(
        ExitCodes.Unreachable,
        $"Cannot reach the orchestrator at {address.GetLeftPart(UriPartial.Authority)} ({cause.GetBaseException().Message}). "
        + "Is it running? Start it with: orch up -f cluster.yaml; elsewhere: --admin URL or ORCHESTRATOR_ADMIN.",
        innerException: cause);

    /// <summary>An answer that is no success: 400 is a wrong spec, everything else a failure.</summary>
    public static async Task<CliException> ExplainAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        var exitCode = answer.StatusCode == HttpStatusCode.BadRequest ? ExitCodes.Invalid : ExitCodes.Failed;
        var text = await answer.Content.ReadAsStringAsync(stop);
        try
        {
            if (JsonSerializer.Deserialize<AdminError>(text, AdminJson.Options) is { Error.Length: > 0 } error)
            {
                var details = error.Details ?? [];
                return new CliException(exitCode, WithoutPrefix(error.Error), [.. details.Select(d => d.ToString())]) { SpecErrors = details };
            }
        }
        catch (JsonException)
        {
            // Not the admin API's own words; said below as it came.
        }

        var quote = text.Length > LongestQuote ? text[..LongestQuote] + "..." : text;
        return new CliException(exitCode, $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} {answer.ReasonPhrase}: {quote}");
    }

    // Whatever answers at that address may call its error one; it is printed behind that word.
    private static string WithoutPrefix(string text) => text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && text[Prefix.Length..].TrimStart() is { Length: > 0 } rest ? rest : text;
}
