using Orchestrator.Serving.Features;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>A body that names entities, before anything was looked up. What it gives of the input stays where it is in the body.</summary>
internal sealed class EntityRequest
{
    /// <summary>Who answers; null: nobody who could, then only <see cref="RowCount"/> holds.</summary>
    public required VersionEntry? Target { get; init; }

    /// <summary>How features become the target's inputs; null with it, or while its inputs are not known.</summary>
    public required FeaturePlan? Plan { get; init; }

    /// <summary>Queries.</summary>
    public required int RowCount { get; init; }

    /// <summary>One for each query, or one for all: by key of the application its value; null where it is not named.</summary>
    public required IReadOnlyList<string?[]> Entities { get; init; }

    /// <summary>One for each query, or one for all: by slot of the plan where its value is in the body.</summary>
    public required IReadOnlyList<Piece[]> Given { get; init; }

    public string?[] EntityOf(int row) => Entities.Count == 1 ? Entities[0] : Entities[row];

    public Piece[] GivenOf(int row) => Given.Count == 1 ? Given[0] : Given[row];
}

/// <summary>A piece of the body; empty: nothing.</summary>
internal readonly record struct Piece(int Start, int Length)
{
    public bool IsThere => Length > 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body) => body.Slice(Start, Length);
}
