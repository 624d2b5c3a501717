using Orchestrator.Protocol;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>A parsed <c>/{app}/predict</c> body.</summary>
internal sealed class PredictRequest
{
    /// <summary>Who answers; null: nobody who could (no version was ever ready), then <see cref="Rows"/> is empty and only <see cref="RowCount"/> holds.</summary>
    public required VersionEntry? Target { get; init; }

    /// <summary>Per query its inputs, in the model's order, each with one row.</summary>
    public required IReadOnlyList<Tensor[]> Rows { get; init; }

    /// <summary>Queries.</summary>
    public required int RowCount { get; init; }

    /// <summary>Per query why it cannot be asked, its row being empty; null: all can.</summary>
    public IReadOnlyList<PredictionFailure?>? Failures { get; init; }
}

/// <summary>The body is not what <c>/{app}/predict</c> takes (400).</summary>
internal sealed class PredictRequestException : Exception
{
    public PredictRequestException(string kind, string message, Exception? innerException = null) : base(message, innerException) => Kind = kind;

    /// <summary>Value of <c>error</c> in the answer.</summary>
    public string Kind { get; }
}
