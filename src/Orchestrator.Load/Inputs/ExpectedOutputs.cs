using System.Text.Json;

namespace Orchestrator.Load.Inputs;

/// <summary>What the model is known to answer to each input: a benchmark of wrong answers is worth nothing.</summary>
public sealed class ExpectedOutputs
{
    private readonly JsonElement[] _outputs;
    private readonly double _tolerance;

    private ExpectedOutputs(IReadOnlyList<JsonElement> outputs, double tolerance)
    {
        _outputs = [.. outputs];
        _tolerance = tolerance;
    }

    /// <summary>How many.</summary>
    public int Count => _outputs.Length;

    /// <summary>A JSON array of outputs in the order of the inputs, or one output a line.</summary>
    /// <param name="text">The list.</param>
    /// <param name="tolerance">How far a number may be away, absolutely and as a share of the expected one.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ExpectedOutputs List(string text, double tolerance) => new(JsonItems.Read(text), tolerance);

    /// <summary>For <see cref="LoadRunner.RunAsync"/>: whether the answer's <c>output</c> is the one of that input.</summary>
    public bool IsRight(int index, ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("output", out var output) && Equals(_outputs[index % _outputs.Length], output);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool Equals(JsonElement expected, JsonElement actual)
    {
        if (expected.ValueKind != actual.ValueKind)
        {
            return false;
        }

        switch (expected.ValueKind)
        {
            case JsonValueKind.Number:
                var (wanted, got) = (expected.GetDouble(), actual.GetDouble());
                return Math.Abs(wanted - got) <= _tolerance * Math.Max(1, Math.Abs(wanted));
            case JsonValueKind.Array:
                return expected.GetArrayLength() == actual.GetArrayLength() && expected.EnumerateArray().Zip(actual.EnumerateArray()).All(p => Equals(p.First, p.Second));
            default:
                return JsonElement.DeepEquals(expected, actual);
        }
    }
}
