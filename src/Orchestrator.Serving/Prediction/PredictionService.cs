namespace Orchestrator.Serving.Prediction;

/// <summary>The data plane's front door: cache, queue, replicas, answer.</summary>
public sealed class PredictionService
{
    /// <summary>
    /// Makes one prediction. Never throws for an expected end; the task completes at the latest at the call's deadline (plus scheduling), or when <paramref name="clientGone"/> is cancelled.
    /// </summary>
    public ValueTask<PredictionOutcome> PredictAsync(PredictionCall call, CancellationToken clientGone) => throw new NotSupportedException();
}
