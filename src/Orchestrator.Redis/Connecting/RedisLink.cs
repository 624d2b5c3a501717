using StackExchange.Redis;

namespace Orchestrator.Redis.Connecting;

/// <summary>
/// One connection and what is on its way over it. The client's own queue has no bound and its calls no end while a server hangs, so what has no reply yet is counted here, also
/// after its caller gave up; the count ends with the connection.
/// </summary>
internal sealed class RedisLink : IDisposable
{
    private readonly ConnectionMultiplexer _client;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private int _calls;
    private long _bytes;
    private long _progress;
    private int _broken;

    private RedisLink(ConnectionMultiplexer client, RedisOptions options, TimeProvider time)
    {
        _client = client;
        _options = options;
        _time = time;
        _progress = time.GetTimestamp();
        Database = client.GetDatabase();
        UnorderedReplies.Allow(client);
        client.ConnectionFailed += (_, _) => Volatile.Write(ref _broken, 1);
    }

    public IDatabase Database { get; }

    /// <summary>Whether the client said that its connection is gone.</summary>
    public bool IsBroken => Volatile.Read(ref _broken) != 0 || !_client.IsConnected;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Whether a reply is due and none came for the time allowed.</summary>
    public bool IsSilent => Calls > 0 && SinceProgress > _options.Silence;

    /// <summary>Since the last reply, or since the first call that waits for one.</summary>
    public TimeSpan SinceProgress => _time.GetElapsedTime(Volatile.Read(ref _progress));

    /// <summary>Whether replies have been due for longer than a call may take: one more would only wait behind them.</summary>
    public bool IsStuckFor(TimeSpan within) => Calls > 0 && SinceProgress > within;

    /// <summary>Opens a connection.</summary>
    /// <exception cref="RedisConnectionException">It could not be opened.</exception>
    /// <exception cref="TimeoutException">Not within the time allowed.</exception>
    public static async Task<RedisLink> OpenAsync(RedisOptions options, bool subscribes, TimeProvider time, CancellationToken cancellationToken)
    {
        var opening = ConnectionMultiplexer.ConnectAsync(ClientOptionsMapper.Map(options, subscribes));
        try
        {
            // The client's own limits are per step.
            return new RedisLink(await opening.WaitAsync(options.ConnectTimeout * 2, time, cancellationToken), options, time);
        }
        catch
        {
            _ = opening.ContinueWith(
                static late =>
                {
                    if (late.IsCompletedSuccessfully)
                    {
                        Close(late.Result);
                    }
                    else
                    {
                        _ = late.Exception;
                    }
                },
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Hears what is published on a channel, for as long as this connection lives.</summary>
    public Task SubscribeAsync(string channel, Action heard) => _client.GetSubscriber().SubscribeAsync(channel, (_, _) => heard());

    /// <summary>Takes room for calls; false: there is none.</summary>
    public bool TryEnter(int calls, long bytes)
    {
        if (Calls == 0)
        {
            Volatile.Write(ref _progress, _time.GetTimestamp());
        }

        if (Interlocked.Add(ref _calls, calls) > _options.MostPendingCalls)
        {
            Interlocked.Add(ref _calls, -calls);
            return false;
        }

        if (Interlocked.Add(ref _bytes, bytes) > _options.MostPendingBytes)
        {
            Interlocked.Add(ref _bytes, -bytes);
            Interlocked.Add(ref _calls, -calls);
            return false;
        }

        return true;
    }

    /// <summary>Gives the room back once the reply is there.</summary>
    public void LeaveWith(Task call, long bytes) => _ = call.ContinueWith(
        (ended, _) => Leave(ended, bytes), null, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Gives the room of a call back that was never made.</summary>
    public void LeaveUnused(long bytes)
    {
        Interlocked.Decrement(ref _calls);
        Interlocked.Add(ref _bytes, -bytes);
    }

    public void Dispose() => _ = Task.Run(() => Close(_client));

    private void Leave(Task ended, long bytes)
    {
        LeaveUnused(bytes);

        // An error of the server is a reply; one of the connection is not.
        if (ended.IsCompletedSuccessfully || ended.Exception?.InnerException is RedisServerException)
        {
            Volatile.Write(ref _progress, _time.GetTimestamp());
        }
    }

    private static void Close(ConnectionMultiplexer client)
    {
        try
        {
            client.Close(allowCommandsToComplete: false);
            client.Dispose();
        }
        catch (Exception)
        {
            // It was dropped because it does not work; that closing it fails is no news, and its sockets end with the finalizer.
        }
    }
}
