using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Orchestrator.Container.Noop;

/// <summary>Routes beside the contract's, to test how they are passed through: <c>GET /stream?n=5&amp;gapMs=20</c> and <c>GET /echo-headers</c>.</summary>
internal static class NoopRoutes
{
    private const int DefaultLines = 5;
    private const int MostLines = 100_000;
    private const double DefaultGapMs = 20;

    public static void Map(IEndpointRouteBuilder routes, TimeProvider time)
    {
        routes.MapGet("/stream", (RequestDelegate)(context => StreamAsync(context, time)));
        routes.MapGet("/echo-headers", (RequestDelegate)EchoAsync);
    }

    /// <summary>Lines <c>line 1</c> to <c>line n</c>, each flushed by itself.</summary>
    private static async Task StreamAsync(HttpContext context, TimeProvider time)
    {
        var lines = Query(context, "n", DefaultLines, MostLines);
        var gap = Query(context, "gapMs", DefaultGapMs, NoopOptions.MaxMilliseconds);
        if (lines is null || gap is null)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(new Dictionary<string, string> { ["error"] = $"expected ?n=0..{MostLines}&gapMs=0..{NoopOptions.MaxMilliseconds}" }, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        for (var i = 1; i <= (int)lines.Value; i++)
        {
            await context.Response.WriteAsync(FormattableString.Invariant($"line {i}\n"), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(TimeSpan.FromMilliseconds(gap.Value), time, context.RequestAborted);
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        foreach (var header in context.Request.Headers)
        {
            writer.WriteString(header.Key, header.Value.ToString());
        }

        writer.WriteEndObject();
    }

    private static double? Query(HttpContext context, string name, double fallback, double most)
    {
        var text = context.Request.Query[name];
        if (text.Count == 0)
        {
            return fallback;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= most ? value : null;
    }
}
