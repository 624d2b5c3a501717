using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>What happens in the cluster, as server-sent events.</summary>
internal static class EventEndpoints
{
    private const string ContentType = "text/event-stream";

    // Below the idle timeouts that proxies in between commonly have (30 to 60 s).
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/events", Watch)
            .WithSummary("Server-sent events: what happened after sequence number since (or header Last-Event-ID), then what happens.")
            .Produces<ClusterEvent>(contentType: ContentType).ProducesErrors(400);

    private static IResult Watch(HttpRequest request, IControlPlane control, TimeProvider time, IHostApplicationLifetime lifetime, long? since)
    {
        if (since is null && request.Headers.TryGetValue("Last-Event-ID", out var header))
        {
            if (!long.TryParse(header.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return AdminResults.Error(StatusCodes.Status400BadRequest, $"Last-Event-ID: expected a sequence number, got '{header}'.");
            }

            since = last;
        }

        return new StreamResult(ContentType, (response, stop) => WriteAsync(response, control.WatchEventsAsync(since ?? 0, stop), time, stop), lifetime);
    }

    private static async Task WriteAsync(HttpResponse response, IAsyncEnumerable<ClusterEvent> events, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var enumerator = events.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = enumerator.MoveNextAsync().AsTask();
            while (!await EndsWithinAsync(next, time, cancellationToken))
            {
                await SendAsync(response, ":\n\n", cancellationToken);
            }

            if (!await next)
            {
                return;
            }

            var item = enumerator.Current;
            var json = JsonSerializer.Serialize(item, CoreJson.Default.ClusterEvent);
            await SendAsync(response, $"id: {item.Sequence}\nevent: {item.Kind}\ndata: {json}\n\n", cancellationToken);
        }
    }

    private static async Task<bool> EndsWithinAsync(Task task, TimeProvider time, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heartbeat = Task.Delay(HeartbeatPeriod, time, timer.Token);
        var first = await Task.WhenAny(task, heartbeat);
        await timer.CancelAsync();
        return first == task || cancellationToken.IsCancellationRequested;
    }

    private static async Task SendAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, Encoding.UTF8, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
