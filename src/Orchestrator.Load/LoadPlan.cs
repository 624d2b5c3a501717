namespace Orchestrator.Load;

/// <summary>
/// What load to put on one HTTP endpoint of this machine. Always bounded: by <see cref="Duration"/>, and by <see cref="Requests"/> if that is set.
/// </summary>
public sealed record LoadPlan
{
    /// <summary>Default of <see cref="Duration"/>.</summary>
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="RequestTimeout"/>.</summary>
    public static readonly TimeSpan DefaultRequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="Interval"/>.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>An <c>http</c> address with a loopback host: <c>http://127.0.0.1:1337/digits/predict</c>.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The body of each request; the index counts from 0 and is the one that the check is given. Called from several threads at once. Empty: none.</summary>
    public Func<int, ReadOnlyMemory<byte>> Body { get; init; } = _ => default;

    /// <summary>Default <c>POST</c>.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>Default <c>application/json</c>.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>More headers, the same for each request; may not name Host, Content-Type, Content-Length, Transfer-Encoding or Connection.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Connections that are kept open, each with at most one request in flight. Default 1, at most 4096.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>How long requests are sent, the warm-up included. Default 10 s, at most 1 h.</summary>
    public TimeSpan Duration { get; init; } = DefaultDuration;

    /// <summary>The load ends earlier once so many requests were sent; null: only <see cref="Duration"/> ends it.</summary>
    public int? Requests { get; init; }

    /// <summary>Requests sent in this time from the start are answered and checked, but not counted. Default 0.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>How the requests of an open loop are spaced. Default Poisson.</summary>
    public ArrivalPattern Arrivals { get; init; }

    /// <summary>
    /// Null: closed loop, each connection sends its next request when it has the answer to the last. Otherwise open loop: so many requests a second on
    /// average become due as <see cref="Arrivals"/> says, whatever the server does, and a latency counts from the time a request was meant to be sent.
    /// </summary>
    public double? Rate { get; init; }

    /// <summary>Seed of the open loop's arrival times. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>A model answer is in time when its latency is at most this; null: all are.</summary>
    public TimeSpan? Slo { get; init; }

    /// <summary>A request without an answer after this time counts as timed out, and its connection is closed. Default 10 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = DefaultRequestTimeout;

    /// <summary>Width of one row of the time series. Default 100 ms, at least 10 ms.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>Told at the start and then every second how far it is; from one thread at a time. Null: nobody is.</summary>
    public Action<LoadProgress>? Progress { get; init; }
}

/// <summary>How the requests of an open loop are spaced.</summary>
public enum ArrivalPattern
{
    /// <summary>At random, independent of each other: what many independent clients do.</summary>
    Poisson,

    /// <summary>At equal distances.</summary>
    Constant,
}
