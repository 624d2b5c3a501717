using System.Collections.Concurrent;
using System.Threading.Channels;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>The leases that this process holds, by the item that is computed for all, and those that shall be given back.</summary>
internal sealed class FlightTable
{
    private const int MostLanded = 4096;

    private readonly ConcurrentDictionary<PredictionItem, StoreLease> _held = [];

    /// <summary>One that finds no room ends by itself, a lease later.</summary>
    private readonly Channel<StoreLease> _landed = Channel.CreateBounded<StoreLease>(new BoundedChannelOptions(MostLanded) { SingleReader = true });

    /// <summary>The leases held now.</summary>
    public ICollection<StoreLease> Held => _held.Values;

    public bool IsEmpty => _held.IsEmpty;

    /// <summary>Holds a lease until the item lands.</summary>
    public void Hold(PredictionItem item, StoreLease lease) => _held[item] = lease;

    /// <summary>The item's answer is where others find it, or there will be none. May be called for an item without a lease, and again.</summary>
    public void Land(PredictionItem item)
    {
        if (_held.TryRemove(item, out var lease))
        {
            GiveBack(lease);
        }
    }

    /// <summary>Gives a lease back that was not needed, or may have been taken.</summary>
    public void GiveBack(StoreLease lease) => _landed.Writer.TryWrite(lease);

    /// <summary>Waits until there is something to release.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _landed.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes what shall be released, up to a number.</summary>
    public List<StoreLease> Take(int most)
    {
        List<StoreLease> taken = [];
        while (taken.Count < most && _landed.Reader.TryRead(out var lease))
        {
            taken.Add(lease);
        }

        return taken;
    }
}
