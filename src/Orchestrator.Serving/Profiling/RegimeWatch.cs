namespace Orchestrator.Serving.Profiling;

/// <summary>
/// Notices that batches have begun to take another time than they used to (another tenant on the machine, a throttled processor, a cache that filled up): several in a row
/// are further from the median than noise is. Not thread-safe.
/// </summary>
internal sealed class RegimeWatch
{
    /// <summary>So many surprises in a row, all in one direction, are a new regime.</summary>
    public const int Several = 4;

    /// <summary>A surprise is further off than this many median absolute errors.</summary>
    public const double Surprising = 3;

    /// <summary>And further off than this, about a tenth: below it, it does not matter.</summary>
    public const double LeastError = 0.1;

    /// <summary>Batches after a change during which estimates get more slack.</summary>
    public const int Unsettled = 32;

    private const int Errors = 64;

    private readonly double[] _errors = new double[Errors];
    private long _seen;
    private int _inARow;
    private int _unsettled;

    /// <summary>Whether a change is recent.</summary>
    public bool IsUnsettled => _unsettled > 0;

    /// <summary>Takes in how far a batch was from the median of its size, as the logarithm of their ratio (noise of latency is lognormal: so both directions count alike). True: a new regime has begun; what was measured before it says nothing any more.</summary>
    public bool Observe(double error)
    {
        _unsettled = Math.Max(0, _unsettled - 1);
        var usual = MedianError();
        _errors[_seen++ % Errors] = Math.Abs(error);
        var isSurprise = Math.Abs(error) > Math.Max(LeastError, Surprising * usual);
        _inARow = !isSurprise ? 0 : Math.Sign(_inARow) == -Math.Sign(error) ? Math.Sign(error) : _inARow + Math.Sign(error);
        if (Math.Abs(_inARow) < Several)
        {
            return false;
        }

        _inARow = 0;
        _seen = 0;
        _unsettled = Unsettled;
        return true;
    }

    private double MedianError()
    {
        var count = (int)Math.Min(_seen, Errors);
        if (count < Several)
        {
            // Nothing is known of the noise yet: nothing surprises.
            return double.PositiveInfinity;
        }

        Span<double> sorted = stackalloc double[Errors];
        sorted = sorted[..count];
        _errors.AsSpan(0, count).CopyTo(sorted);
        sorted.Sort();
        return sorted[count / 2];
    }
}
