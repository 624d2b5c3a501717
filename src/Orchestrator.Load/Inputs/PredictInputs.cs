using System.Text;
using System.Text.Json;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>The bodies of <c>POST /{app}/predict</c> that a load sends in turn, over and over.</summary>
public sealed class PredictInputs
{
    private readonly byte[][] _bodies;

    private PredictInputs(IEnumerable<JsonElement> inputs) => _bodies = [.. inputs.Select(input => Encoding.UTF8.GetBytes($"{{\"input\":{input.GetRawText()}}}"))];

    /// <summary>How many different ones.</summary>
    public int Count => _bodies.Length;

    /// <summary>For <see cref="LoadPlan.Body"/>.</summary>
    public ReadOnlyMemory<byte> Body(int index) => _bodies[index % _bodies.Length];

    /// <summary>One input, as JSON.</summary>
    /// <exception cref="FormatException">It is no JSON.</exception>
    public static PredictInputs Single(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new([document.RootElement.Clone()]);
        }
        catch (JsonException error)
        {
            throw new FormatException($"expected JSON such as [5.1, 3.5] or {{\"age\": 61}}: {JsonMistake.Describe(error)}", error);
        }
    }

    /// <summary>Several: a JSON array of inputs, or one input a line.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static PredictInputs List(string text) => new(JsonItems.Read(text));

    /// <summary>Made up from a model's signature: numbers that differ from row to row; enough for a latency, not for a meaning.</summary>
    /// <param name="inputs">Of the model; one is sent as an array (or a scalar), several as an object by name.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    public static PredictInputs Made(IReadOnlyList<TensorMetadata> inputs, int count, int seed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var values = new MadeValues(seed);
        return new(Enumerable.Range(0, count).Select(_ =>
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                values.Write(json, inputs);
            }

            using var document = JsonDocument.Parse(stream.ToArray());
            return document.RootElement.Clone();
        }));
    }
}
