using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Metrics;

/// <summary>Counts one prediction when its answer is taken; the default one counts nothing.</summary>
/// <param name="Metrics">Where.</param>
/// <param name="Time">The clock.</param>
/// <param name="Application">That asked; null for <c>/v2</c> calls.</param>
/// <param name="Started">When it was asked (timestamp).</param>
internal readonly record struct AnswerRecord(ServingMetrics? Metrics, TimeProvider Time, string? Application, long Started)
{
    public void Take(PredictionOutcome outcome) => Metrics?.RecordPrediction(outcome.ModelVersion, Application, outcome.Kind, Time.GetElapsedTime(Started));
}
