using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Gives every admin answer without a body of its own one: unknown path, wrong verb, a query parameter that does not parse, a defect.</summary>
internal sealed partial class AdminErrors(RequestDelegate next, ILogger<AdminErrors> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.ContentLength is null)
            {
                await ExplainAsync(context);
            }
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, exception.StatusCode, exception.Message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.Unexpected(logger, context.Request.Method, context.Request.Path, exception);
            await WriteAsync(context, StatusCodes.Status500InternalServerError, "An unexpected error occurred; the server's log says more.");
        }
    }

    private static Task ExplainAsync(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when context.GetEndpoint() is null =>
            WriteAsync(context, StatusCodes.Status404NotFound, $"There is nothing at {context.Request.Path}; GET /openapi/v1.json lists what exists, GET /api/v1/status is a start."),
        StatusCodes.Status405MethodNotAllowed =>
            WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not possible on {context.Request.Path}; use {context.Response.Headers.Allow}."),
        _ => Task.CompletedTask,
    };

    internal static Task WriteAsync(HttpContext context, int statusCode, string text)
    {
        context.Response.StatusCode = statusCode;
        return context.Response.WriteAsJsonAsync(new AdminError(text, []), CoreJson.Default.AdminError, cancellationToken: context.RequestAborted);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5300, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
        public static partial void Unexpected(ILogger logger, string method, string path, Exception exception);
    }
}
