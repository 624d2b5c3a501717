namespace Orchestrator.Serving.Replicas;

/// <summary>
/// How long a loop has heard nothing from its replica but "busy". Now and then that is ordinary: another frontend was quicker, or a batch that was given up still computes.
/// A container whose worker hangs says it for ever, and says that it is ready too, so nothing else would ever show that it is of no use.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="longest">From here on it is a failure.</param>
internal sealed class BusySpell(TimeProvider time, TimeSpan longest)
{
    private long? _since;

    /// <summary>Notes an answer, and turns a "busy" that has lasted too long into a failure; the next one then begins another spell.</summary>
    public ReplicaReply Judge(ReplicaReply reply)
    {
        if (reply.Kind != ReplyKind.Busy)
        {
            _since = null;
            return reply;
        }

        _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) < longest)
        {
            return reply;
        }

        _since = null;
        return new ReplicaReply(ReplyKind.Hung, null, $"it has said nothing but 'busy' for {longest.TotalSeconds:0.#} s; what it computes seems to hang", false);
    }
}
