using System.Threading.Channels;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>An answer on its way into the store.</summary>
/// <param name="Key">The question.</param>
/// <param name="Scope">What gave it.</param>
/// <param name="Outcome">The answer; its memory is the cache's in the process.</param>
/// <param name="At">When it was given (timestamp).</param>
/// <param name="Ttl">How long it is fresh from then on.</param>
/// <param name="StaleFor">How long after that it may still be given.</param>
internal sealed record PendingWrite(CacheKey Key, CacheScope Scope, PredictionOutcome Outcome, long At, TimeSpan Ttl, TimeSpan StaleFor)
{
    /// <summary>The item whose lease ends once this is written; null: it has none.</summary>
    public PredictionItem? Flight { get; init; }

    /// <summary>Bytes as a value.</summary>
    public long Bytes { get; } = StoredPrediction.SizeOf(Outcome.Outputs);
}

/// <summary>The write-behind: bounded in answers and bytes; what does not fit is not written, and nobody waits.</summary>
internal sealed class PendingWrites(SharedCacheOptions options, FlightTable flights, SharedCacheMetrics metrics)
{
    private readonly Channel<PendingWrite> _channel = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(options.MostPendingWrites) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _bytes;

    /// <summary>Answers that wait.</summary>
    public int Count => _channel.Reader.Count;

    /// <summary>Takes an answer to be written, if there is room for it.</summary>
    public bool Offer(PendingWrite write)
    {
        if (write.Bytes > options.MaxValueBytes)
        {
            metrics.Written(1, "too_large");
            return false;
        }

        if (Interlocked.Add(ref _bytes, write.Bytes) > options.MostPendingWriteBytes || !_channel.Writer.TryWrite(write))
        {
            Interlocked.Add(ref _bytes, -write.Bytes);
            metrics.Written(1, "dropped_full");
            return false;
        }

        return true;
    }

    /// <summary>Waits until there is something to take.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes what waits, up to a number.</summary>
    public List<PendingWrite> Take(int most)
    {
        List<PendingWrite> taken = [];
        while (taken.Count < most && _channel.Reader.TryRead(out var write))
        {
            Interlocked.Add(ref _bytes, -write.Bytes);
            taken.Add(write);
        }

        return taken;
    }

    /// <summary>Ends the leases of what was taken: it is written, or will not be.</summary>
    public void Land(List<PendingWrite> taken)
    {
        foreach (var write in taken)
        {
            if (write.Flight is { } item)
            {
                flights.Land(item);
            }
        }
    }
}
