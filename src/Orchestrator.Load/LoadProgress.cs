namespace Orchestrator.Load;

/// <summary>How far a load has come.</summary>
/// <param name="Elapsed">Since its start.</param>
/// <param name="Ended">Requests that have ended, those of the warm-up not counted.</param>
public readonly record struct LoadProgress(TimeSpan Elapsed, long Ended);
