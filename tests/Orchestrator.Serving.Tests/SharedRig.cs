using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;

namespace Orchestrator.Serving.Tests;

/// <summary>The second level of the cache on a store of the test's; nothing is written until the test says so.</summary>
internal sealed class SharedRig
{
    public SharedRig(IPredictionStore store, SharedCacheOptions options, PredictionCache cache, IMeterFactory meters, TimeProvider time)
    {
        var settings = new SharedCacheSettings(options, time);
        var metrics = new SharedCacheMetrics(meters);
        Breaker = new StoreBreaker(store, options.BreakFor, time);
        Table = new FlightTable();
        Writes = new PendingWrites(options, Table, metrics);
        Cache = new SharedCache(cache, Breaker, Writes, Table, metrics, settings);
        Flights = new SharedFlights(Cache, Breaker, Table, metrics, settings);
        Flying = new FlightLoop(Table, store, Breaker, settings, NullLogger<FlightLoop>.Instance);
        Loop = new SharedWriteLoop(Writes, store, Breaker, metrics, settings, NullLogger<SharedWriteLoop>.Instance);
    }

    public StoreBreaker Breaker { get; }

    public PendingWrites Writes { get; }

    public SharedCache Cache { get; }

    public FlightTable Table { get; }

    public SharedFlights Flights { get; }

    public FlightLoop Flying { get; }

    public SharedWriteLoop Loop { get; }
}

/// <summary>A store in memory that fails on demand and notes what it was asked.</summary>
internal sealed class FakeStore : IPredictionStore
{
    private readonly Lock _lock = new();

    public Dictionary<string, StoreEntry> Entries { get; } = [];

    /// <summary>How every read ends.</summary>
    public StoreEnd ReadEnd { get; set; } = StoreEnd.Done;

    /// <summary>How every claim ends.</summary>
    public StoreEnd ClaimEnd { get; set; } = StoreEnd.Done;

    /// <summary>Awaited by each claim.</summary>
    public Func<Task> BeforeClaim { get; set; } = () => Task.CompletedTask;

    public StoreEnd WriteEnd { get; set; } = StoreEnd.Done;

    /// <summary>Keys of each read.</summary>
    public List<int> Reads { get; } = [];

    public List<TimeSpan> Allowed { get; } = [];

    /// <summary>Leases by key: whose.</summary>
    public Dictionary<string, string> Leases { get; } = [];

    /// <summary>Keys of each claim.</summary>
    public List<int> Claims { get; } = [];

    public int Renewals { get; private set; }

    public List<string> Dropped { get; } = [];

    /// <summary>Awaited by each read.</summary>
    public Func<Task> BeforeRead { get; set; } = () => Task.CompletedTask;

    public string? Problem => null;

    public async ValueTask<StoreRead> ReadAsync(IReadOnlyList<StoreKey> keys, TimeSpan within)
    {
        lock (_lock)
        {
            Reads.Add(keys.Count);
            Allowed.Add(within);
        }

        await BeforeRead();
        lock (_lock)
        {
            return ReadEnd == StoreEnd.Done ? new StoreRead(StoreEnd.Done, [.. keys.Select(k => Entries.TryGetValue(NameOf(k), out var entry) ? entry.Value : null)]) : new StoreRead(ReadEnd, []);
        }
    }

    public ValueTask<StoreEnd> WriteAsync(IReadOnlyList<StoreEntry> entries, TimeSpan within)
    {
        lock (_lock)
        {
            foreach (var entry in WriteEnd == StoreEnd.Done ? entries : [])
            {
                Entries[NameOf(entry.Key)] = entry;
            }
        }

        return ValueTask.FromResult(WriteEnd);
    }

    public async ValueTask<StoreRead> ClaimAsync(IReadOnlyList<StoreKey> keys, string token, TimeSpan lease, TimeSpan within)
    {
        await BeforeClaim();
        lock (_lock)
        {
            Claims.Add(keys.Count);
            if (ClaimEnd != StoreEnd.Done)
            {
                return new StoreRead(ClaimEnd, []);
            }

            bool[] taken = [.. keys.Select(k => Leases.TryAdd(NameOf(k), token))];
            return new StoreRead(StoreEnd.Done, [.. keys.Select(k => Entries.TryGetValue(NameOf(k), out var entry) ? entry.Value : null)], taken);
        }
    }

    public ValueTask<StoreEnd> RenewAsync(IReadOnlyList<StoreLease> leases, TimeSpan lease, TimeSpan within)
    {
        lock (_lock)
        {
            Renewals += leases.Count(l => Leases.TryGetValue(NameOf(l.Key), out var token) && token == l.Token);
        }

        return ValueTask.FromResult(StoreEnd.Done);
    }

    public ValueTask<StoreEnd> ReleaseAsync(IReadOnlyList<StoreLease> leases, TimeSpan within)
    {
        lock (_lock)
        {
            foreach (var lease in leases.Where(l => Leases.TryGetValue(NameOf(l.Key), out var token) && token == l.Token))
            {
                Leases.Remove(NameOf(lease.Key));
            }
        }

        return ValueTask.FromResult(StoreEnd.Done);
    }

    /// <summary>As if the holder had died and its time were over.</summary>
    public void EndLeases()
    {
        lock (_lock)
        {
            Leases.Clear();
        }
    }

    public ValueTask<long> DropAsync(string scope, CancellationToken cancellationToken)
    {
        Dropped.Add(scope);
        return ValueTask.FromResult(0L);
    }

    public static string NameOf(StoreKey key) => $"{key.Scope}:{Convert.ToHexString(key.Digest.Span)}";
}
