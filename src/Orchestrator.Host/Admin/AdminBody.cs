using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Reads the JSON body of an admin call; a mistake says path and line.</summary>
internal static class AdminBody
{
    /// <summary>Most bytes of a spec: thousands of models are well below.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>The body, or the answer to give instead.</summary>
    public static async Task<(T? Body, IResult? Error)> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken) where T : class
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync<T>(request.Body, LenientCoreJson.Options, cancellationToken);
            return body is null ? (null, Invalid("$", "expected a JSON object, got null", null, null)) : (body, null);
        }
        catch (JsonException exception)
        {
            return (null, Invalid(exception.Path ?? "$", Describe(exception), exception.LineNumber + 1, exception.BytePositionInLine + 1));
        }
    }

    private static IResult Invalid(string path, string message, long? line, long? column) =>
        AdminResults.Error(StatusCodes.Status400BadRequest, new AdminError(
            $"The body is not what is expected here: {path}: {message}", [new SpecError(path, message, File: null, (int?)line, (int?)column)]));

    // The path and position are told apart; what remains is the sentence.
    private static string Describe(JsonException exception)
    {
        var end = exception.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? exception.Message : exception.Message[..end];
    }
}
