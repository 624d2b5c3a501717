namespace Orchestrator.Simulation.Results;

/// <summary>What became of the requests of one model, or of all together.</summary>
public sealed record ModelResult
{
    /// <summary>Of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Requests that count.</summary>
    public required long Requests { get; init; }

    /// <summary>Answered within their deadlines.</summary>
    public required long InTime { get; init; }

    /// <summary>Virtual time in which they arrived, seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Requests per second that arrived.</summary>
    public double Offered => Requests / Seconds;

    /// <summary>Answers within their deadlines per second.</summary>
    public double Goodput => InTime / Seconds;

    /// <summary>Share of the requests that were answered in time.</summary>
    public double InTimeShare => Requests == 0 ? 0 : (double)InTime / Requests;

    /// <summary>Latency of answers, late ones too: medians and so on; zero when there was none.</summary>
    public required TimeSpan P50 { get; init; }

    /// <summary>99th percentile of the same.</summary>
    public required TimeSpan P99 { get; init; }

    /// <summary>99.9th percentile of the same.</summary>
    public required TimeSpan P999 { get; init; }

    /// <summary>Mean rows of a batch.</summary>
    public required double MeanBatch { get; init; }

    /// <summary>Batches by rows.</summary>
    public required IReadOnlyDictionary<int, long> BatchSizes { get; init; }

    /// <summary>Requests that were not answered in time, by reason; every reason is listed.</summary>
    public required IReadOnlyDictionary<DropReason, long> Drops { get; init; }

    /// <summary>Median time from arrival until a caller without an answer in time knew it; zero when there was none.</summary>
    public required TimeSpan RefusedAfterP50 { get; init; }
}

/// <summary>One run.</summary>
/// <param name="Plan">What was simulated.</param>
/// <param name="Models">Each model.</param>
/// <param name="Total">All together.</param>
public sealed record SimulationResult(SimulationPlan Plan, IReadOnlyList<ModelResult> Models, ModelResult Total);
