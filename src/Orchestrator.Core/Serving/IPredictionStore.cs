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

    /// <summary>In one round trip: takes the lease of every question that nobody holds one of, and after that reads the values. So whoever got a lease and no value is the one to compute it.</summary>
    /// <param name="keys">The questions.</param>
    /// <param name="token">Names this call among all that ever claim.</param>
    /// <param name="lease">How long a lease lasts unless it is renewed.</param>
    /// <param name="within">When the caller goes on without an answer; a lease may be taken nevertheless, so it should be released.</param>
    ValueTask<StoreRead> ClaimAsync(IReadOnlyList<StoreKey> keys, string token, TimeSpan lease, TimeSpan within);

    /// <summary>Makes leases last for so long from now on; one that ended or is another's stays as it is.</summary>
    ValueTask<StoreEnd> RenewAsync(IReadOnlyList<StoreLease> leases, TimeSpan lease, TimeSpan within);

    /// <summary>Gives leases back; one that ended or is another's stays as it is.</summary>
    ValueTask<StoreEnd> ReleaseAsync(IReadOnlyList<StoreLease> leases, TimeSpan within);

    /// <summary>Drops all values of a scope, slowly enough that readers do not notice.</summary>
    /// <returns>How many were dropped; those left by a failure go by their time to live.</returns>
    ValueTask<long> DropAsync(string scope, CancellationToken cancellationToken);
}

/// <summary>Names a value.</summary>
/// <param name="Scope">What computes it, 32 hex digits: values of one scope are dropped together.</param>
/// <param name="Digest">The question, 32 bytes.</param>
public readonly record struct StoreKey(string Scope, ReadOnlyMemory<byte> Digest);

/// <summary>The right to compute an answer that others wait for.</summary>
/// <param name="Key">The question.</param>
/// <param name="Token">Whose it is.</param>
public readonly record struct StoreLease(StoreKey Key, string Token);

/// <summary>A value to be kept.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its bytes; the store does not change or keep the array beyond the call's end.</param>
/// <param name="TimeToLive">When it may go.</param>
public readonly record struct StoreEntry(StoreKey Key, byte[] Value, TimeSpan TimeToLive);

/// <summary>What a read brought.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Values">One per key, in order; null where there is none, or none came in time.</param>
/// <param name="Taken">One per key, in order: whether its lease was taken; empty if none was asked for.</param>
public readonly record struct StoreRead(StoreEnd End, IReadOnlyList<byte[]?> Values, IReadOnlyList<bool> Taken)
{
    /// <summary>Of a read without leases.</summary>
    public StoreRead(StoreEnd end, IReadOnlyList<byte[]?> values)
        : this(end, values, [])
    {
    }
}

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
