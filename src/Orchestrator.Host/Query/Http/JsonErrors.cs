using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Orchestrator.Host.Query.Http;

/// <summary>Writes the error answers of the query frontend: Clipper's <c>{"error","cause"}</c>, and <c>{"error"}</c> below <c>/v2</c> as the Open Inference Protocol says.</summary>
internal sealed class JsonErrors(ObjectPool<AnswerBuffer> buffers)
{
    public const string ContentType = "application/json";

    /// <summary>Writes <c>{"error": kind, "cause": cause}</c>.</summary>
    public async Task WriteAsync(HttpContext context, int statusCode, string kind, string cause)
    {
        var buffer = buffers.Get();
        try
        {
            WriteBody(buffer.Json, kind, cause);
            await buffer.SendAsync(context.Response, statusCode, ContentType, context.RequestAborted);
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    /// <summary>Writes <c>{"error": text}</c>.</summary>
    public async Task WriteInferenceErrorAsync(HttpContext context, int statusCode, string text)
    {
        var buffer = buffers.Get();
        try
        {
            buffer.Json.WriteStartObject();
            buffer.Json.WriteString("error"u8, text);
            buffer.Json.WriteEndObject();
            await buffer.SendAsync(context.Response, statusCode, ContentType, context.RequestAborted);
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    /// <summary>Writes an error in the form that the path's clients know.</summary>
    public Task WriteForPathAsync(HttpContext context, int statusCode, string kind, string cause) =>
        context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal)
            ? WriteInferenceErrorAsync(context, statusCode, cause)
            : WriteAsync(context, statusCode, kind, cause);

    /// <summary>405 with <c>Allow</c>.</summary>
    public Task WriteWrongVerbAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return WriteForPathAsync(context, StatusCodes.Status405MethodNotAllowed, ErrorKinds.WrongVerb,
            $"{context.Request.Method} is not possible on {context.Request.Path}; use {allowed}.");
    }

    /// <summary>Whole seconds, at least 1: 0 would invite a retry storm.</summary>
    public static void SetRetryAfter(HttpResponse response, TimeSpan? after)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling((after ?? TimeSpan.Zero).TotalSeconds));
        response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
    }

    public static void WriteBody(Utf8JsonWriter json, string kind, string cause)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, kind);
        json.WriteString("cause"u8, cause);
        json.WriteEndObject();
    }
}

/// <summary>Values of <c>error</c> in Clipper's form; the first two are Clipper's own.</summary>
internal static class ErrorKinds
{
    public const string Json = "Json error";
    public const string Query = "Query processing error";
    public const string NotFound = "Not found";
    public const string WrongVerb = "Method not allowed";
    public const string BadRequest = "Bad request";
    public const string TooLarge = "Body too large";
    public const string Overloaded = "Overloaded";
    public const string Unavailable = "Unavailable";
    public const string DeadlineMissed = "Deadline missed";
    public const string Model = "Model error";
    public const string FeatureMissing = "Feature missing";
    public const string FeaturesUnavailable = "Features unavailable";
    public const string Internal = "Internal error";
}
