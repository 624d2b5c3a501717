namespace Orchestrator.Serving.Batching;

/// <summary>Delayed batching (Clipper, NSDI'17, section 4.3.2): a batch that is not full waits a fixed time for more.</summary>
internal static class DelayedBatch
{
    public static TimeSpan Hold(int waitingRows, int limit, TimeSpan oldestWait, TimeSpan delay) =>
        waitingRows >= limit || oldestWait >= delay ? TimeSpan.Zero : delay - oldestWait;
}
