namespace Orchestrator.Load;

/// <summary>How one request ended; each ends in exactly one of these.</summary>
public enum AnswerClass
{
    /// <summary>200, not a default, and the check had nothing against it.</summary>
    Model,

    /// <summary>200 with <c>"default":true</c>: the application's default output.</summary>
    Default,

    /// <summary>200, not a default, and the check says that it is not the answer to this request.</summary>
    Wrong,

    /// <summary>429: the queue was full.</summary>
    TooManyRequests,

    /// <summary>503: nothing could serve it.</summary>
    Unavailable,

    /// <summary>504: the deadline passed.</summary>
    DeadlineExceeded,

    /// <summary>Any other status.</summary>
    OtherStatus,

    /// <summary>The connection ended, or spoke something other than HTTP, before the whole answer was there.</summary>
    Broken,

    /// <summary>No connection could be made for the request.</summary>
    Refused,

    /// <summary>No answer within the request timeout.</summary>
    TimedOut,

    /// <summary>Open loop only: due before the end, but not sent by then. Mostly because all connections were waiting for answers: <see cref="LoadResult.UnsentWhileIdle"/>.</summary>
    Unsent,
}
