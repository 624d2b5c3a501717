using System.Globalization;
using Orchestrator.Host.Query.Http;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Gateway;

/// <summary>Sends a request to one frontend and, where <see cref="RepeatRule"/> allows it, to another; says in JSON why none answered.</summary>
internal sealed class FrontendAttempts(FrontendHealth health, GatewayMetrics metrics, JsonErrors errors, TimeProvider time)
{
    // What the client allows, a frontend keeps to by itself; this is for one that hangs.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <param name="context">The client's.</param>
    /// <param name="forward">YARP's steps: chooses among the available destinations and forwards.</param>
    public async Task ForwardAsync(HttpContext context, RequestDelegate forward)
    {
        var arrived = time.GetTimestamp();
        var request = context.Request;
        long? length = request.Headers.TransferEncoding.Count > 0 ? null : request.ContentLength ?? 0;
        var isRepeatable = RepeatRule.IsRepeatable(request.Method, request.Path.Value ?? "", length, health);
        var body = isRepeatable && length > 0 ? await ReadBodyAsync(context) : null;
        var given = TimeOf(request);
        var left = given;
        var tried = new List<DestinationState>(1);
        while (true)
        {
            if (body is not null)
            {
                request.Body = new MemoryStream(body, writable: false);
            }

            var isSilent = !await AnswersInTimeAsync(context, forward, left);
            if (context.GetForwarderErrorFeature() is not { } failure || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            var end = RepeatRule.EndOf(failure.Error, failure.Exception);
            left = given is null ? null : given - time.GetElapsedTime(arrived);
            if (isSilent || !PrepareNext(context, tried, end, isRepeatable, left))
            {
                await (isSilent ? ExplainSilenceAsync(context) : ExplainAsync(context, failure, end, tried.Count, isRepeatable));
                return;
            }
        }
    }

    // YARP has one token for a request's end. The client's own is put back: the answer that says why is written to it.
    private async Task<bool> AnswersInTimeAsync(HttpContext context, RequestDelegate forward, TimeSpan? left)
    {
        if (left is not { } rest || rest > GatewaySurface.ActivityTimeout)
        {
            await forward(context);
            return true;
        }

        var client = context.RequestAborted;
        using var late = new CancellationTokenSource(rest > TimeSpan.Zero ? rest + Grace : Grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, late.Token);
        context.RequestAborted = either.Token;
        try
        {
            await forward(context);
        }
        finally
        {
            context.RequestAborted = client;
        }

        return !late.IsCancellationRequested;
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
            context.Request.Headers[TimeBudget.HeaderName] = Math.Max(0.001, rest.TotalMilliseconds).ToString("0.###", CultureInfo.InvariantCulture);
        }

        return true;
    }

    // An array of its own, not a pooled one: after a failed attempt the connection may still be about to read it.
    private static async ValueTask<byte[]> ReadBodyAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, RepeatRule.LargestKeptBody, context.RequestAborted);
        return body.Memory.ToArray();
    }

    // A header that is no number goes on to a frontend, which says what is wrong with it. But for predictions nobody keeps to it.
    private static TimeSpan? TimeOf(HttpRequest request)
    {
        if (PredictionKeys.Of(request.Method, request.Path.Value ?? "") is null)
        {
            return null;
        }

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

    private Task ExplainSilenceAsync(HttpContext context)
    {
        metrics.Failed("silent");
        context.Response.Clear();
        return errors.WriteForPathAsync(context, StatusCodes.Status504GatewayTimeout, ErrorKinds.DeadlineMissed,
            $"The query frontend was silent for {Grace.TotalSeconds:0} s longer than {TimeBudget.HeaderName} allows. The request may have been executed.");
    }

    private static string Cause(IForwarderErrorFeature failure) => failure.Exception?.GetBaseException().Message.TrimEnd('.') ?? failure.Error.ToString();

    private static string NameOf(AttemptEnd end) => end == AttemptEnd.NotSent ? "not_sent" : "broke";
}
