using System.Text;
using System.Text.Json;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>The bodies of <c>POST /{app}/predict</c> that a load sends: given ones in turn, over and over, or made-up ones that do not repeat before <see cref="Distinct"/>.</summary>
public sealed class PredictInputs
{
    // Microseconds since 1970 fit, so that whoever numbers requests by the clock never asks the same again.
    private const int MostCounting = 16;
    private readonly byte[][] _bodies;

    // Per body: where the digits of the request's number go, the last one first. Empty: the bodies are sent as they are.
    private readonly int[][] _counting;

    private PredictInputs(IEnumerable<JsonElement> inputs)
    {
        _bodies = [.. inputs.Select(input => Encoding.UTF8.GetBytes($"{{\"input\":{input.GetRawText()}}}"))];
        _counting = [];
        Distinct = Different(_bodies);
    }

    private PredictInputs(byte[][] bodies, int[][] counting)
    {
        (_bodies, _counting) = (bodies, counting);
        // Without a digit (bools alone) no number can be written into them.
        Distinct = counting is [{ Length: > 0 } first, ..] ? (long)Math.Pow(10, first.Length) : Different(bodies);
    }

    /// <summary>How many were given, or made to begin with.</summary>
    public int Count => _bodies.Length;

    /// <summary>Whether they were made up.</summary>
    public bool IsMade => _counting.Length > 0;

    /// <summary>How many different bodies there are at least: for a small signature (a bool, a digit) fewer than a load sends.</summary>
    public long Distinct { get; }

    /// <summary>For <see cref="LoadPlan.Body"/>.</summary>
    /// <param name="number">Given inputs: counts from 0. Made-up ones: another number is another body, as far as the signature allows.</param>
    public ReadOnlyMemory<byte> Body(long number)
    {
        var at = (int)(number % _bodies.Length);
        if (_counting.Length == 0)
        {
            return _bodies[at];
        }

        var body = _bodies[at].AsSpan().ToArray();
        foreach (var digit in _counting[at])
        {
            body[digit] = (byte)('0' + (number % 10));
            number /= 10;
        }

        return body;
    }

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

    /// <summary>
    /// Made up from a model's signature: numbers that differ from request to request as far as the signature allows, or a cache would be measured and not the model. Enough for a latency, not for a meaning.
    /// </summary>
    /// <param name="inputs">Of the model; one is sent as an array (or a scalar), several as an object by name.</param>
    /// <param name="count">How many rows are made; each is sent again and again with other digits in its first numbers.</param>
    /// <param name="seed">The same seed and number give the same row.</param>
    public static PredictInputs Made(IReadOnlyList<TensorMetadata> inputs, int count, int seed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var values = new MadeValues(seed);
        var (bodies, counting) = (new byte[count][], new int[count][]);
        for (var i = 0; i < count; i++)
        {
            var digits = new List<int>();
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WritePropertyName("input"u8);
                values.Write(json, inputs, digits);
                json.WriteEndObject();
            }

            (bodies[i], counting[i]) = (stream.ToArray(), [.. digits.Take(MostCounting)]);
        }

        return new(bodies, counting);
    }

    private static int Different(byte[][] bodies) => bodies.Select(Convert.ToBase64String).Distinct(StringComparer.Ordinal).Count();
}
