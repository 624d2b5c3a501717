using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Queueing;

/// <summary>The batches that are out: a caller has its answer at its deadline even if its batch is not back. Under its queue's lock.</summary>
internal sealed class OutBatches
{
    private readonly List<Batch> _out = [];

    public int Count => _out.Count;

    /// <summary>Earliest deadline that has not been answered yet; max when there is none.</summary>
    public long NextDeadline
    {
        get
        {
            var next = long.MaxValue;
            foreach (var batch in _out)
            {
                next = Math.Min(next, batch.Earliest);
            }

            return next;
        }
    }

    public void Add(Batch batch) => _out.Add(batch);

    /// <summary>A batch is back. False: it was not out.</summary>
    public bool Remove(Batch batch) => _out.Remove(batch);

    /// <summary>A waiter joined an item that is out. False: no batch has the item.</summary>
    public bool WaiterJoined(PredictionItem item, long deadline)
    {
        foreach (var batch in _out)
        {
            if (batch.Items.Contains(item))
            {
                batch.Earliest = Math.Min(batch.Earliest, deadline);
                return true;
            }
        }

        return false;
    }

    /// <summary>Answers those whose deadline has passed; the batches stay out.</summary>
    public void Expire(long now, PredictionOutcome missed)
    {
        foreach (var batch in _out)
        {
            if (batch.Earliest > now)
            {
                continue;
            }

            batch.Earliest = long.MaxValue;
            foreach (var item in batch.Items)
            {
                item.Expire(now, missed);
                batch.Earliest = Math.Min(batch.Earliest, item.Deadlines().Earliest);
            }
        }
    }
}
