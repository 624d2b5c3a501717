using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Host.Gateway;

/// <summary>How far a request to a frontend got before it failed.</summary>
internal enum AttemptEnd
{
    /// <summary>No connection: the frontend saw nothing of it.</summary>
    NotSent,

    /// <summary>The frontend was gone before the client had a byte of an answer; it may have executed the request.</summary>
    Broke,

    /// <summary>The client left or sent a broken body, or no frontend could be asked.</summary>
    Other,
}

/// <summary>When a request may be sent to another frontend. Pure.</summary>
internal static class RepeatRule
{
    /// <summary>Frontends that see one request at most.</summary>
    public const int MaxAttempts = 3;

    /// <summary>Largest body, in bytes, that is kept for another frontend.</summary>
    public const int LargestKeptBody = 1024 * 1024;

    private static readonly string[] PassThrough = ["containers"];

    /// <summary>Whether executing it twice does no harm: reading, but for what a container makes of it; or a prediction whose body can be sent again.</summary>
    /// <param name="method">Of the request.</param>
    /// <param name="path">Of the request.</param>
    /// <param name="length">Of its body, in bytes; null: nobody knows before its end.</param>
    /// <param name="health">Knows which predictions may be repeated.</param>
    public static bool IsRepeatable(string method, string path, long? length, FrontendHealth health)
    {
        if (length is not <= LargestKeptBody)
        {
            return false;
        }

        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method))
        {
            return !PassThrough.Contains(path.Split('/', 3).ElementAtOrDefault(1), StringComparer.OrdinalIgnoreCase);
        }

        return PredictionKeys.Of(method, path) is { } key && health.MayRepeat(key);
    }

    /// <summary>What became of an attempt whose answer has not begun.</summary>
    public static AttemptEnd EndOf(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.Request or ForwarderError.RequestTimedOut when IsNoConnection(exception) => AttemptEnd.NotSent,
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestBodyDestination or ForwarderError.ResponseBodyDestination => AttemptEnd.Broke,
        _ => AttemptEnd.Other,
    };

    /// <summary>Whether another frontend may be asked.</summary>
    /// <param name="end">What became of the last attempt.</param>
    /// <param name="attempts">Made so far.</param>
    /// <param name="isRepeatable">As <see cref="IsRepeatable"/> says.</param>
    /// <param name="left">Of the client's time; null: it named none.</param>
    public static bool MayGoOn(AttemptEnd end, int attempts, bool isRepeatable, TimeSpan? left) =>
        attempts < MaxAttempts && (left is null || left > TimeSpan.Zero) && (end == AttemptEnd.NotSent || (end == AttemptEnd.Broke && isRepeatable));

    // The client wraps a TimeoutException for one cause only: the time to connect was over (a machine that is off refuses nothing).
    private static bool IsNoConnection(Exception? exception) =>
        exception is OperationCanceledException { InnerException: TimeoutException }
            or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
}
