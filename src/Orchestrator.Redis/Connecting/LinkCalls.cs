using Orchestrator.Core.Serving;
using StackExchange.Redis;

namespace Orchestrator.Redis.Connecting;

/// <summary>Calls over a <see cref="RedisLink"/> that end in time: the client's own calls have no deadline, and throw in many ways.</summary>
internal static class LinkCalls
{
    /// <summary>Makes one call, for which room was taken.</summary>
    public static Task<T> Send<T>(RedisLink link, long bytes, Func<IDatabase, Task<T>> call)
    {
        try
        {
            var sent = call(link.Database);
            link.LeaveWith(sent, bytes);
            return sent;
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection went between our look and the call.
            link.LeaveUnused(bytes);
            return Task.FromException<T>(e);
        }
    }

    /// <summary>Waits for calls that were sent together.</summary>
    public static async ValueTask<StoreEnd> EndOfAsync(Task[] calls, TimeSpan within, TimeProvider time)
    {
        try
        {
            await (calls.Length == 1 ? calls[0] : Task.WhenAll(calls)).WaitAsync(within, time);
            return StoreEnd.Done;
        }
        catch (TimeoutException)
        {
            // The calls stay counted by the link; a failure that comes later has nobody to tell.
            foreach (var call in calls)
            {
                Observe(call);
            }

            return StoreEnd.TimedOut;
        }
        catch (Exception)
        {
            // Whatever the client throws: refused, broken, disposed, an error of the server. The connection's loop says which.
            return Array.TrueForAll(calls, HasReply) ? StoreEnd.Done : StoreEnd.Unavailable;
        }
    }

    /// <summary>Whether what is under the key is of another kind.</summary>
    public static bool IsOfAnotherKind(Task call) => call.Exception?.InnerException is RedisServerException e && e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);

    /// <summary>Something of another kind under one key is that key's misfortune alone.</summary>
    private static bool HasReply(Task call) => call.IsCompletedSuccessfully || IsOfAnotherKind(call);

    private static void Observe(Task call) => _ = call.ContinueWith(
        static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
