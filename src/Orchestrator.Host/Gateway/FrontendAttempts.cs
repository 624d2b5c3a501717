using System.Globalization;
using Orchestrator.Host.Query.Http;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Gateway;

/// <summary>Sends a request to one frontend and, where <see cref="RepeatRule"/> allows it, to another; says in JSON why none answered.</summary>
internal sealed class FrontendAttempts(FrontendHealth health, GatewayMetrics metrics, JsonErrors errors, TimeProvider time)
{
    /// <param name="context">The client's.</param>
    /// <param name="forward">YARP's steps: chooses among the available destinations and forwards.</param>
    public async Task ForwardAsync(HttpContext context, RequestDelegate forward)
    {
        var arrived = time.GetTimestamp();
        var request = context.Request;
        var isRepeatable = RepeatRule.IsRepeatable(request.Method, request.Path.Value ?? "", request.ContentLength, health);
        var body = isRepeatable && request.ContentLength > 0 ? await ReadBodyAsync(context) : null;
        var given = TimeOf(request);
        var tried = new List<DestinationState>(1);
        while (true)
        {
            if (body is not null)
            {
                request.Body = new MemoryStream(body, writable: false);
            }

            await forward(context);
            if (context.GetForwarderErrorFeature() is not { } failure || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            var end = RepeatRule.EndOf(failure.Error, failure.Exception);
            var left = given is null ? null : given - time.GetElapsedTime(arrived);
            if (!PrepareNext(context, tried, end, isRepeatable, left))
            {
                await ExplainAsync(context, failure, end, tried.Count, isRepeatable);
                return;
            }
        }
    }

    private bool PrepareNext(HttpContext context, List<DestinationState> tried, AttemptEnd end, bool isRepeatable, TimeSpan? left)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.ProxiedDestination is not { } last)
        {
            return false;
        }

        tried.Add(last);
        var others = proxy.Route.Cluster!.DestinationsState.AvailableDestinations.Where(d => !tried.Contains(d)).ToArray();
        if (others.Length == 0 || !RepeatRule.MayGoOn(end, tried.Count, isRepeatable, left))
        {
            return false;
        }

        metrics.Repeated(NameOf(end));
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        proxy.AvailableDestinations = others;
        if (left is { } rest)
        {
            context.Request.Headers[TimeBudget.HeaderName] = rest.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);
        }

        return true;
    }

    // An array of its own, not a pooled one: after a failed attempt the connection may still be about to read it.
    private static async ValueTask<byte[]> ReadBodyAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, RepeatRule.LargestKeptBody, context.RequestAborted);
        return body.Memory.ToArray();
    }

    // A header that is no number goes on to a frontend, which says what is wrong with it.
    private static TimeSpan? TimeOf(HttpRequest request)
    {
        var given = TimeSpan.MaxValue;
        return TimeBudget.TryApplyHeader(request, ref given) && given < TimeSpan.MaxValue ? given : null;
    }

    private Task ExplainAsync(HttpContext context, IForwarderErrorFeature failure, AttemptEnd end, int attempts, bool isRepeatable)
    {
        var (status, reason, text) = (failure.Error, end) switch
        {
            (ForwarderError.NoAvailableDestinations, _) => (StatusCodes.Status503ServiceUnavailable, "none_ready",
                $"No query frontend is ready: the gateway asks {string.Join(", ", health.Ready.Select(r => r.Frontend))} every second, and none says that it is. Try again in a moment."),
            (_, AttemptEnd.NotSent) => (StatusCodes.Status503ServiceUnavailable, "not_sent", $"No connection to a query frontend ({attempts} tried): {Cause(failure)}. Nothing was executed; try again in a moment."),
            (_, AttemptEnd.Broke) => (StatusCodes.Status502BadGateway, "broke",
                $"The query frontend was gone before it answered ({attempts} tried): {Cause(failure)}. The request may have been executed{(isRepeatable ? "" : ", and it is not one that the gateway may send twice")}."),
            _ => (context.Response.StatusCode, "client", $"The request could not be forwarded: {Cause(failure)}."),
        };
        metrics.Failed(reason);
        context.Response.Clear();
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            JsonErrors.SetRetryAfter(context.Response, null);
        }

        return errors.WriteForPathAsync(context, status, ErrorKinds.Unavailable, text);
    }

    private static string Cause(IForwarderErrorFeature failure) => failure.Exception?.GetBaseException().Message.TrimEnd('.') ?? failure.Error.ToString();

    private static string NameOf(AttemptEnd end) => end == AttemptEnd.NotSent ? "not_sent" : "broke";
}
