using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>An inference request (OIP V2), tensors already in binary form.</summary>
public sealed record InferRequest
{
    /// <summary>Echoed in the answer; null if none was given.</summary>
    public string? Id { get; init; }

    /// <summary>Request parameters: strings, numbers and bools.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = NoParameters;

    /// <summary>Inputs in the order sent.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>Requested outputs in the order sent; empty: all.</summary>
    public IReadOnlyList<RequestedOutput> Outputs { get; init; } = [];

    /// <summary>Whether the whole answer shall be binary (<c>binary_data_output</c>).</summary>
    public bool BinaryOutput { get; init; }

    /// <summary>The empty set of parameters.</summary>
    public static IReadOnlyDictionary<string, JsonElement> NoParameters { get; } = new Dictionary<string, JsonElement>();
}

/// <summary>One requested output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Binary"><c>binary_data</c>: true or false as sent; null: as the request's <c>binary_data_output</c> says.</param>
public sealed record RequestedOutput(string Name, bool? Binary = null);
