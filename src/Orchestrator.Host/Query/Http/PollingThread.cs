using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections.Features;

namespace Orchestrator.Host.Query.Http;

/// <summary>
/// How much of a request the thread that polls the sockets may do, for which it is taken there (decision 16): less than it would cost to wake another thread, or little more. What is larger awaits
/// <see cref="Task.Yield"/> first, and goes on in the pool.
/// </summary>
internal static class PollingThread
{
    /// <summary>Bytes of a body that are read, and parsed.</summary>
    public const int MostBodyBytes = 32 * 1024;

    /// <summary>Rows that are asked for.</summary>
    public const int MostRows = 32;

    /// <summary>Bytes of an answer (as tensors) that are written as JSON.</summary>
    public const int MostAnswerBytes = 4 * 1024;

    /// <summary>Requests of one connection in a row: a client that sends them without waiting for answers would never let go of the thread.</summary>
    public const int MostRequests = 16;

    private static readonly object RequestsKey = new();

    /// <summary>Counts a request of its connection.</summary>
    /// <returns>Whether it is another's turn.</returns>
    public static bool IsTurnOver(HttpContext context)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items is not { } items)
        {
            return false;
        }

        if (!items.TryGetValue(RequestsKey, out var count))
        {
            items[RequestsKey] = count = new StrongBox<int>();
        }

        return ++((StrongBox<int>)count!).Value % MostRequests == 0;
    }
}
