namespace Orchestrator.Serving.Queueing;

/// <summary>When busy replicas should be idle again, kept as sums, so that it costs the same for one replica and for hundreds.</summary>
internal sealed class ReplicaOccupancy
{
    private long _sumOfEnds;
    private long _sumAhead;

    /// <summary>Batches that compute.</summary>
    public int Batches { get; private set; }

    /// <summary>Rows that are out, computing or ahead.</summary>
    public int Rows { get; private set; }

    public void Left(int rows, long expectedEnd)
    {
        Batches++;
        Rows += rows;
        _sumOfEnds = unchecked(_sumOfEnds + expectedEnd);
    }

    /// <summary>A batch left for a replica that is busy: it waits there for its turn.</summary>
    public void LeftAhead(int rows, long duration)
    {
        Rows += rows;
        _sumAhead += duration;
    }

    /// <summary>A batch that went ahead has its turn.</summary>
    public void Began(long duration, long expectedEnd)
    {
        Batches++;
        _sumAhead -= duration;
        _sumOfEnds = unchecked(_sumOfEnds + expectedEnd);
    }

    public void CameBack(int rows, long expectedEnd)
    {
        Batches--;
        Rows -= rows;
        _sumOfEnds = unchecked(_sumOfEnds - expectedEnd);
    }

    /// <summary>A batch that went ahead is back, and never was seen to have its turn.</summary>
    public void CameBackAhead(int rows, long duration)
    {
        Rows -= rows;
        _sumAhead -= duration;
    }

    /// <summary>
    /// How long (timestamps) until the first of <paramref name="replicas"/> should be idle; 0: one is. With r busy replicas that are evenly out of step and have m left on
    /// average, the first has 2m/(r+1); exact for one. What went ahead comes before anything that waits here.
    /// </summary>
    public long FirstFree(int replicas, long now)
    {
        if (Batches == 0 || Batches < replicas)
        {
            return 0;
        }

        // The sum may wrap around, and so does the product: their difference is small and right.
        var mean = Math.Max(0, unchecked(_sumOfEnds - (Batches * now)) / Batches);
        return (2 * mean / (Batches + 1)) + (_sumAhead / Math.Max(1, replicas));
    }
}
