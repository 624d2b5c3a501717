using System.Collections.Concurrent;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>How a question goes on that the store has no answer to.</summary>
internal enum FlightTurn
{
    /// <summary>It has one by now: the item is complete.</summary>
    Found,
    /// <summary>Computed here: this process has the lease, or none can be had.</summary>
    Compute,
    /// <summary>Another process computes it.</summary>
    Follow,
}

/// <summary>
/// Lets one of several processes compute what all are asked, for models that say so: by a lease in the store. Whoever has none waits for the answer, for a share of its time, and
/// computes as well when that is used up, the lease ends without an answer, or anything is wrong with the store. A lease saves work; nothing is right or wrong because of it.
/// </summary>
internal sealed class SharedFlights(SharedCache cache, StoreBreaker breaker, FlightTable flights, SharedCacheMetrics metrics, SharedCacheSettings settings)
{
    private readonly ConcurrentDictionary<PredictionItem, FlightWait> _following = [];
    private readonly SharedCacheOptions _options = settings.Options;
    private readonly TimeProvider _time = settings.Time;

    /// <summary>A claim may take longer than a read: on a busy machine it would come too late now and then, and then a model that is said to be costly computes in vain.</summary>
    private readonly TimeSpan _longestClaim = settings.Options.LongestRead > settings.Options.FlightLease / 4 ? settings.Options.LongestRead : settings.Options.FlightLease / 4;

    /// <summary>Items that wait for another process.</summary>
    public int Following => _following.Count;

    /// <summary>Asks for the leases of questions that are led by their caller and not queued yet, in one round trip.</summary>
    /// <param name="items">With a key and a shared scope.</param>
    /// <param name="deadline">The earliest among their callers'.</param>
    public async ValueTask<FlightTurn[]> ClaimAsync(IReadOnlyList<PredictionItem> items, long deadline)
    {
        var turns = new FlightTurn[items.Count];
        Array.Fill(turns, FlightTurn.Compute);
        if (cache.ReadTime(deadline, _longestClaim) is not { } within)
        {
            return turns;
        }

        // What is beyond is computed without a lease, as everything is that the store cannot be asked about.
        var leases = new StoreLease[Math.Min(items.Count, SharedCache.MostKeys)];
        var token = Guid.NewGuid().ToString("N");
        for (var i = 0; i < leases.Length; i++)
        {
            leases[i] = new StoreLease(new StoreKey(items[i].SharedScope!.Name, items[i].Key!.Value.ToBytes()), token);
        }

        var (wasAsked, read) = await breaker.ClaimAsync([.. leases.Select(l => l.Key)], token, _options.FlightLease, within);
        for (var i = 0; i < leases.Length; i++)
        {
            turns[i] = wasAsked ? TurnOf(items[i], leases[i], read, i) : Failed(items[i]);
        }

        return turns;
    }

    /// <summary>Waits for what another process computes; ends at once when nobody waits for the item any more.</summary>
    /// <returns>Whether it came: then the item is complete. Else it is the caller's to compute.</returns>
    public async Task<bool> FollowAsync(PredictionItem item)
    {
        var wait = new FlightWait(_options.FlightShare, _time);
        _following[item] = wait;
        try
        {
            // After the line above: whoever joins from now on says so itself.
            wait.Include(item.Deadlines().Earliest);
            while (true)
            {
                await wait.PauseAsync();
                if (wait.IsOver || !item.AnyoneWaits())
                {
                    metrics.Flight(item.Queue.Id, wait.IsOver ? "waited_out" : "left");
                    return false;
                }

                var turn = (await ClaimAsync([item], item.Deadlines().Earliest))[0];
                if (turn != FlightTurn.Follow)
                {
                    return turn == FlightTurn.Found;
                }
            }
        }
        finally
        {
            _following.TryRemove(item, out _);
        }
    }

    /// <summary>Somebody joined an item that may be waiting here: it waits no longer than that caller can.</summary>
    public void Joined(PredictionItem item, long deadline)
    {
        if (_following.TryGetValue(item, out var wait))
        {
            wait.Include(deadline);
        }
    }

    private FlightTurn TurnOf(PredictionItem item, StoreLease lease, StoreRead read, int index)
    {
        var isTaken = index < read.Taken.Count && read.Taken[index];
        if (index < read.Values.Count && read.Values[index] is { } value && cache.TryTake(item, value))
        {
            if (isTaken)
            {
                flights.GiveBack(lease);
            }

            metrics.Flight(item.Queue.Id, "found");
            return FlightTurn.Found;
        }

        if (isTaken)
        {
            flights.Hold(item, lease);
            metrics.Flight(item.Queue.Id, "led");
            return FlightTurn.Compute;
        }

        if (read.End == StoreEnd.Done)
        {
            return FlightTurn.Follow;
        }

        // It may have been taken although we were not told.
        flights.GiveBack(lease);
        return Failed(item);
    }

    private FlightTurn Failed(PredictionItem item)
    {
        metrics.Flight(item.Queue.Id, "failed");
        return FlightTurn.Compute;
    }
}
