namespace Orchestrator.Serving.Queueing;

/// <summary>How fast rows arrive, and how many callers there seem to be; both forget exponentially.</summary>
internal sealed class ArrivalEstimate(Timescale scale, long now)
{
    /// <summary>Arrivals are averaged over about this long.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMilliseconds(100);

    /// <summary>The most rows that were under way at once is remembered about this long.</summary>
    public static readonly TimeSpan PeakMemory = TimeSpan.FromSeconds(1);

    /// <summary>Callers in a closed loop ask again within about this long after an answer.</summary>
    public static readonly TimeSpan EchoWindow = TimeSpan.FromMilliseconds(1);

    /// <summary>Weight of the newest echo in what is expected of the next.</summary>
    private const double EchoWeight = 0.2;

    private readonly long _echoWindow = scale.ToTimestamps(EchoWindow);
    private readonly double _perMemory = 1.0 / scale.ToTimestamps(Memory);
    private readonly double _perPeak = 1.0 / scale.ToTimestamps(PeakMemory);
    private readonly double _memorySeconds = Memory.TotalSeconds;
    private double _count;
    private double _peak;
    private long _at = now;
    private long _peakAt = now;
    private double _echoShare;
    private int _echoOf;
    private int _echoed;
    private double _usual;
    private long _answeredAt = long.MinValue / 2;

    /// <summary>A request arrived; with it <paramref name="underWay"/> rows wait or are out.</summary>
    public void Arrived(int rows, int underWay, long now)
    {
        _count = (_count * Kept(now - _at, _perMemory)) + rows;
        _at = now;
        if (now - _answeredAt <= _echoWindow)
        {
            _echoed += rows;
        }

        _peak = Math.Max(underWay, _peak * Kept(now - _peakAt, _perPeak));
        _peakAt = now;
    }

    /// <summary>Callers of so many rows were answered: how many of them ask again at once is learned from how many more arrive in the next moments than usually do.</summary>
    public void Answered(int rows, long now)
    {
        if (_echoOf > 0 && now - _answeredAt >= _echoWindow)
        {
            _echoShare += EchoWeight * (Math.Clamp((_echoed - _usual) / _echoOf, 0, 1) - _echoShare);
            _echoOf = 0;
        }

        // Answers that follow each other closely (several replicas) are one.
        if (_echoOf == 0)
        {
            _echoed = 0;
            _usual = Rate(now) * EchoWindow.TotalSeconds;
            _answeredAt = now;
        }

        _echoOf += rows;
    }

    /// <summary>Rows of callers that were just answered and should be about to ask again.</summary>
    public double Echo(long now) => now - _answeredAt < _echoWindow ? Math.Max(0, (_echoShare * _echoOf) - _echoed) : 0;

    /// <summary>How long (timestamps) they may take.</summary>
    public long EchoLeft(long now) => Math.Max(0, _echoWindow - (now - _answeredAt));

    /// <summary>Rows per second.</summary>
    public double Rate(long now) => _count * Kept(now - _at, _perMemory) / _memorySeconds;

    /// <summary>
    /// Of late that many more rows were under way at once than now. Callers that wait for an answer before they ask again cannot be more than that: when all of
    /// them are under way, nothing more will come however high the rate was.
    /// </summary>
    public int Missing(int underWay, long now) => Math.Max(0, (int)Math.Round(_peak * Kept(now - _peakAt, _perPeak)) - underWay);

    private static double Kept(long elapsed, double perMemory) => elapsed <= 0 ? 1 : Math.Exp(-elapsed * perMemory);
}
