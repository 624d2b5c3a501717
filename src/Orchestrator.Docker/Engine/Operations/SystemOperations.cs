using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Orchestrator.Docker.Engine;

/// <summary>The engine itself: what it is, and what happens in it.</summary>
internal sealed class SystemOperations(EngineTransport transport)
{
    public Task<EngineInfo> GetInfoAsync(CancellationToken cancellationToken) =>
        transport.ReadAsync(EngineCall.Get("/info"), EngineJson.Default.EngineInfo, cancellationToken);

    /// <summary>Subscribes to events: when this returns the engine notes everything for us.</summary>
    /// <param name="filters">Which ones.</param>
    /// <param name="since">Earlier ones too, from here on (as far back as the engine keeps them); null: only new ones.</param>
    /// <param name="cancellationToken">Until the subscription stands.</param>
    public async Task<EventSubscription> SubscribeAsync(EngineFilters filters, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        var call = EngineCall.Get("/events")
            .With("filters", filters.ToString())
            .With("since", since?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        return new EventSubscription(transport, call, await transport.OpenAsync(call, cancellationToken));
    }
}

/// <summary>A running subscription to an engine's events; ends when disposed.</summary>
internal sealed class EventSubscription(EngineTransport transport, EngineCall call, HttpResponseMessage response) : IDisposable
{
    /// <summary>Events as they come. Only once.</summary>
    /// <exception cref="EngineUnreachableException">The engine ended, or the connection broke.</exception>
    public async IAsyncEnumerable<EngineEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in EngineStreams.ReadAsync(transport, call, response, s => JsonMessages.ReadAsync(s, EngineJson.Default.EngineEvent, cancellationToken), cancellationToken))
        {
            yield return message;
        }
    }

    public void Dispose() => response.Dispose();
}

/// <summary>Streams of answers, with the engine's end told from a mistake.</summary>
internal static class EngineStreams
{
    /// <summary>The items of an answer's body; what breaks on the way becomes <see cref="EngineUnreachableException"/>.</summary>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        EngineTransport transport, EngineCall call, HttpResponseMessage response, Func<Stream, IAsyncEnumerable<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var items = read(body).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(transport, call, items, cancellationToken))
        {
            yield return items.Current;
        }
    }

    private static async ValueTask<bool> MoveNextAsync<T>(EngineTransport transport, EngineCall call, IAsyncEnumerator<T> items, CancellationToken cancellationToken)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (JsonException exception)
        {
            throw new EngineException(call.ToString(), $"the engine's answer is not what was expected: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            throw transport.Broken(call, exception);
        }
    }
}
