using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Writes the short answers: health, metadata, errors.</summary>
internal static class Answers
{
    /// <summary>Quotes and apostrophes stay readable: the answer is JSON, never HTML.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContractNames.JsonContentType;
        response.ContentLength = json.Length;
        return response.BodyWriter.WriteAsync(json, context.RequestAborted).AsTask();
    }

    public static Task ErrorAsync(HttpContext context, int status, string text)
    {
        using var json = new PooledBuffer(256);
        using (var writer = new Utf8JsonWriter(json, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("error", text);
            writer.WriteEndObject();
        }

        return JsonAsync(context, status, json.Written.ToArray());
    }
}
