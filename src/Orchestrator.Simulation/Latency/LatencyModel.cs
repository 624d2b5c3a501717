namespace Orchestrator.Simulation.Latency;

/// <summary>How long a batch takes, by its rows: a median, and lognormal noise around it.</summary>
public abstract class LatencyModel
{
    /// <summary>For people.</summary>
    public abstract string Description { get; }

    /// <summary>Median duration of a batch of that many rows, seconds.</summary>
    public abstract double Median(int rows);

    /// <summary>Standard deviation of the logarithm of the duration of such a batch.</summary>
    public abstract double Noise(int rows);

    /// <summary>Most rows per second that one replica can do with batches of up to <paramref name="maxRows"/> rows that take at most <paramref name="limit"/> at the median; 0: none does.</summary>
    public double BestRate(int maxRows, TimeSpan limit)
    {
        double best = 0;
        for (var rows = 1; rows <= maxRows && Median(rows) <= limit.TotalSeconds; rows++)
        {
            best = Math.Max(best, rows / Median(rows));
        }

        return best;
    }

    internal double Sample(int rows, SeededRandom random) => Median(rows) * Math.Exp(Noise(rows) * random.NextNormal());
}
