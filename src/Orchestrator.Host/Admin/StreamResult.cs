namespace Orchestrator.Host.Admin;

/// <summary>An answer without an end of its own: it ends when the client leaves or the surface stops, so that a follower never holds up a shutdown.</summary>
internal sealed class StreamResult(string contentType, Func<HttpResponse, CancellationToken, Task> write, IHostApplicationLifetime lifetime) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-store";
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await response.StartAsync(ended.Token);
            await response.Body.FlushAsync(ended.Token);
            await write(response, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The expected end.
        }
    }
}
