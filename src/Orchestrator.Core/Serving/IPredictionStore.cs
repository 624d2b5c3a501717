namespace Orchestrator.Core.Serving;

/// <summary>
/// Keeps answers where several processes reach them: the second level of the prediction cache. Values are opaque here; whoever reads one checks it. Nothing in it is ever the
/// only copy, so every failure is a miss: no method throws for what a store or a network can do, and each ends within the time it is given.
/// </summary>
public interface IPredictionStore
{
    /// <summary>Why the store cannot be asked now, for people; null while it can.</summary>
    string? Problem { get; }

    /// <summary>Reads several values in one round trip.</summary>
    /// <param name="keys">What is looked for.</param>
    /// <param name="within">When the caller goes on without an answer.</param>
    ValueTask<StoreRead> ReadAsync(IReadOnlyList<StoreKey> keys, TimeSpan within);

    /// <summary>Writes several values in one round trip.</summary>
    /// <returns>How it ended; after anything but <see cref="StoreEnd.Done"/> some may have been written.</returns>
    ValueTask<StoreEnd> WriteAsync(IReadOnlyList<StoreEntry> entries, TimeSpan within);

    /// <summary>Drops all values of a scope, slowly enough that readers do not notice.</summary>
    /// <returns>How many were dropped; those left by a failure go by their time to live.</returns>
    ValueTask<long> DropAsync(string scope, CancellationToken cancellationToken);
}

/// <summary>Names a value.</summary>
/// <param name="Scope">What computes it, 32 hex digits: values of one scope are dropped together.</param>
/// <param name="Digest">The question, 32 bytes.</param>
public readonly record struct StoreKey(string Scope, ReadOnlyMemory<byte> Digest);

/// <summary>A value to be kept.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its bytes; the store does not change or keep the array beyond the call's end.</param>
/// <param name="TimeToLive">When it may go.</param>
public readonly record struct StoreEntry(StoreKey Key, byte[] Value, TimeSpan TimeToLive);

/// <summary>What a read brought.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Values">One per key, in order; null where there is none, or none came in time.</param>
public readonly record struct StoreRead(StoreEnd End, IReadOnlyList<byte[]?> Values);

/// <summary>How a call to the store ended.</summary>
public enum StoreEnd
{
    /// <summary>It answered.</summary>
    Done,
    /// <summary>It did not answer within the time given.</summary>
    TimedOut,
    /// <summary>Too much is on its way to it already.</summary>
    Full,
    /// <summary>It cannot be reached, or answered with an error.</summary>
    Unavailable,
}
