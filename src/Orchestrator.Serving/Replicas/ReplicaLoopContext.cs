using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>What all loops of one model version share.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Sink">Gets each item's end before its callers do.</param>
/// <param name="Metrics">Counts batches.</param>
/// <param name="Logger">For what an operator should see.</param>
/// <param name="ReplicaFailed">Notified when a replica failed, so that the report to Control leaves at once.</param>
/// <param name="HungBatch">How long after the last deadline in it a batch is waited for.</param>
/// <param name="Idempotent">Whether an item may be executed a second time.</param>
internal sealed record ReplicaLoopContext(
    TimeProvider Time, IItemSink Sink, ServingMetrics Metrics, ILogger Logger, ChangeSignal ReplicaFailed, TimeSpan HungBatch, bool Idempotent);

/// <summary>Told how each item ended, before whoever waits for it.</summary>
internal interface IItemSink
{
    /// <summary>The item ended with <paramref name="outcome"/>; called once per item that was in a batch.</summary>
    void Finished(PredictionItem item, PredictionOutcome outcome);

    /// <summary>The item ended without ever being in a batch, or after everybody left it.</summary>
    void Dropped(PredictionItem item);
}
