using System.Text.Json;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Serving;

/// <summary>Latency of one model version by batch size, as a file: written by <c>orch profile --export</c>, read by <c>orch simulate --profile</c>. See docs/simulation.md.</summary>
public sealed record MeasuredProfile
{
    /// <summary>The only <see cref="Schema"/> there is.</summary>
    public const string SchemaV1 = "orchestrator/latency-profile/v1";

    /// <summary>Says what the file is.</summary>
    public required string Schema { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>How it was measured, for people.</summary>
    public string? Source { get; init; }

    /// <summary>At least one; each size once.</summary>
    public required IReadOnlyList<MeasuredSize> Sizes { get; init; }

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="FormatException">It is no such file; the message says what was expected.</exception>
    public static MeasuredProfile Parse(string json)
    {
        MeasuredProfile profile;
        try
        {
            profile = JsonSerializer.Deserialize(json, CoreJson.Default.MeasuredProfile) ?? throw new FormatException("expected a JSON object, got null");
        }
        catch (JsonException error)
        {
            throw new FormatException($"expected a latency profile as orch profile --export writes it: {error.Message}", error);
        }

        return profile.Problem() is { } problem ? throw new FormatException(problem) : profile;
    }

    /// <summary>As text, for a file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CoreJson.Default.MeasuredProfile);

    private string? Problem() =>
        Schema != SchemaV1 ? $"schema: expected '{SchemaV1}', got '{Schema}'"
        : Sizes.Count == 0 ? "sizes: expected at least one"
        : Sizes.GroupBy(s => s.Rows).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"sizes: {twice.Key} rows comes twice"
        : Sizes.FirstOrDefault(s => s.Rows < 1 || s.Samples < 1 || s.P50Us is not (> 0 and < 1e12) || s.P99Us is not (> 0 and < 1e12) || s.P99Us < s.P50Us) is { } wrong
            ? $"sizes: expected rows and samples of at least 1 and 0 < p50Us <= p99Us, got {wrong}"
            : null;
}

/// <summary>Latency of batches of one size: from sending a batch to the last byte of its answer.</summary>
/// <param name="Rows">Rows in the batch.</param>
/// <param name="Samples">Batches that were measured.</param>
/// <param name="P50Us">Median, microseconds.</param>
/// <param name="P99Us">99th percentile, microseconds.</param>
public sealed record MeasuredSize(int Rows, int Samples, double P50Us, double P99Us);
