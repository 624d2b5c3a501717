namespace Orchestrator.Serving.Replicas;

/// <summary>How an <see cref="AheadTrial"/> finds out whether one batch more should wait inside a replica.</summary>
/// <param name="Turn">Batches of a way in a row.</param>
/// <param name="Settling">So many of them still feel the other way, and do not count.</param>
/// <param name="LeastGain">What it must gain: a batch ahead is chosen a little early, so it must be worth it.</param>
/// <param name="ByRow">Whether time for a row counts, not time over what is usual for the size: in a long turn the latter becomes what is usual that way.</param>
/// <param name="Share">Where whole batches leave none to go ahead, it is tried with batches of this share of the usual size.</param>
internal readonly record struct AheadTerms(int Turn, int Settling, double LeastGain, bool ByRow, double Share)
{
    /// <summary>The one that is computed next.</summary>
    public static readonly AheadTerms First = new(Turn: 9, Settling: 1, LeastGain: 0.1, ByRow: false, Share: 7.0 / 8);

    /// <summary>
    /// The one behind that. It takes some batches until one more is in or out, so turns are longer. Three batches of half the size are fewer rows out than two whole ones, so where those are there, these are.
    /// It goes only where it is full to the limit, so that little is chosen too early: a small gain is enough.
    /// </summary>
    public static readonly AheadTerms Second = new(Turn: 16, Settling: 4, LeastGain: 0.02, ByRow: true, Share: 0.5);
}
