using Orchestrator.Serving;

namespace Orchestrator.Host.Query.Http;

/// <summary>
/// Outermost step of the query frontend: whatever goes wrong becomes one JSON answer. What the client did wrong on the wire keeps its 4xx; an unknown path says what
/// exists; only a defect of ours is a 500, and is logged.
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, JsonErrors errors, ServingState state, ILogger<FailureMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (PollingThread.IsTurnOver(context))
        {
            await Task.Yield();
        }

        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.ContentLength is null)
            {
                await AnswerUnmatchedAsync(context);
            }
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await AnswerBadRequestAsync(context, exception);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left: nobody reads an answer, and whatever broke broke because of it.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.Unexpected(logger, context.Request.Method, context.Request.Path, exception);
            context.Response.Clear();
            await errors.WriteForPathAsync(context, StatusCodes.Status500InternalServerError, ErrorKinds.Internal, "An unexpected error occurred! The server's log says more.");
        }
    }

    private Task AnswerUnmatchedAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is null && context.Response.StatusCode == StatusCodes.Status404NotFound)
        {
            return errors.WriteForPathAsync(context, StatusCodes.Status404NotFound, ErrorKinds.NotFound, WhatExists.DescribePaths(context.Request.Path, state.Table));
        }

        // Routing answers a wrong verb with an endpoint of its own that sets Allow and nothing else.
        return context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && context.Response.Headers.Allow is [{ } allowed]
            ? errors.WriteWrongVerbAsync(context, allowed)
            : Task.CompletedTask;
    }

    private Task AnswerBadRequestAsync(HttpContext context, BadHttpRequestException exception)
    {
        // What is left of the body would have to be read before the connection could be used again.
        context.Response.Headers.Connection = "close";
        var kind = exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorKinds.TooLarge : ErrorKinds.BadRequest;
        return errors.WriteForPathAsync(context, exception.StatusCode, kind, exception.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5100, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
        public static partial void Unexpected(ILogger logger, string method, string path, Exception exception);
    }
}
