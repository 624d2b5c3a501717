using Orchestrator.Core;
using Orchestrator.Protocol;

namespace Orchestrator.Serving.Prediction;

/// <summary>How a prediction ended; each accepted one ends exactly once.</summary>
public enum OutcomeKind
{
    /// <summary>The model answered in time.</summary>
    Ok,
    /// <summary>Not accepted: the queue is full or would not clear in time (429 with Retry-After).</summary>
    Rejected,
    /// <summary>The deadline cannot be or was not met (504).</summary>
    DeadlineMissed,
    /// <summary>There is no replica that could answer (503).</summary>
    Unavailable,
    /// <summary>The container refused the input (400); the text is its own.</summary>
    InvalidInput,
    /// <summary>The model failed on it (500); the text is the container's.</summary>
    Failed,
    /// <summary>The client left; nobody reads the answer.</summary>
    Cancelled,
    /// <summary>Never asked: the feature store has no value for a feature without default (424).</summary>
    FeatureMissing,
    /// <summary>Never asked: the feature store did not answer, and a feature has no default (503).</summary>
    FeaturesUnavailable,
}

/// <summary>The end of a prediction.</summary>
public sealed class PredictionOutcome
{
    /// <summary>How it ended.</summary>
    public required OutcomeKind Kind { get; init; }

    /// <summary>Which model version answered, or should have.</summary>
    public required ModelVersionId ModelVersion { get; init; }

    /// <summary>For <see cref="OutcomeKind.Ok"/>: the outputs, in the order asked for.</summary>
    public IReadOnlyList<Tensor> Outputs { get; init; } = [];

    /// <summary>For <see cref="OutcomeKind.Ok"/>: rows that failed alone, never all of them; null: none.</summary>
    public IReadOnlyDictionary<int, string>? RowErrors { get; init; }

    /// <summary>Those of <see cref="RowErrors"/> whose input is at fault, as the container says.</summary>
    public IReadOnlyCollection<int> InvalidRows { get; init; } = [];

    /// <summary>Whether the answer came from the cache, or from a call that another request began.</summary>
    public bool FromCache { get; init; }

    /// <summary>For every other kind: why, for people.</summary>
    public string? Explanation { get; init; }

    /// <summary>Size of <see cref="Outputs"/>, bytes.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            for (var i = 0; i < Outputs.Count; i++)
            {
                bytes += Outputs[i].Data.Length;
            }

            return bytes;
        }
    }

    /// <summary>For <see cref="OutcomeKind.Rejected"/>: when the queue should have cleared.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
