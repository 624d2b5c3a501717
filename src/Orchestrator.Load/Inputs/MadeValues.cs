using System.Text.Json;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>Makes up rows that fit a signature.</summary>
/// <param name="seed">The same seed gives the same rows.</param>
internal sealed class MadeValues(int seed)
{
    private const int MostInteger = 9;
    private const int TextDigits = 9;
    // The rows shape a measurement, they guard nothing.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);

    /// <param name="json">Counts from the start of what it writes.</param>
    /// <param name="inputs">The signature.</param>
    /// <param name="digits">Takes where digits lie of which each may be any of 0 to 9: another digit there is another row, after conversion to the datatype as well.</param>
    public void Write(Utf8JsonWriter json, IReadOnlyList<TensorMetadata> inputs, List<int>? digits = null)
    {
        if (inputs.Count == 1)
        {
            WriteRow(json, inputs[0], digits);
            return;
        }

        json.WriteStartObject();
        foreach (var input in inputs)
        {
            json.WritePropertyName(input.Name);
            WriteRow(json, input, digits);
        }

        json.WriteEndObject();
    }

    // Variable dimensions become 1; dimension 0 is the batch and is not written.
    private void WriteRow(Utf8JsonWriter json, TensorMetadata input, List<int>? digits) =>
        WriteDimension(json, input.DataType, input.Shape.AsSpan(Math.Min(1, input.Shape.Length)), digits);

    private void WriteDimension(Utf8JsonWriter json, DataType type, ReadOnlySpan<long> shape, List<int>? digits)
    {
        if (shape.Length == 0)
        {
            WriteElement(json, type, digits);
            return;
        }

        json.WriteStartArray();
        for (var i = 0; i < Math.Max(1, shape[0]); i++)
        {
            WriteDimension(json, type, shape[1..], digits);
        }

        json.WriteEndArray();
    }

    private void WriteElement(Utf8JsonWriter json, DataType type, List<int>? digits)
    {
        switch (type)
        {
            case DataType.Bool:
                json.WriteBooleanValue(_random.Next(2) == 1);
                break;
            case DataType.Bytes:
                json.WriteStringValue("text " + Digits(TextDigits));
                Note(json, digits, TextDigits, behind: 1);
                break;
            case DataType.Fp32 or DataType.Fp64:
                WriteDecimal(json, 3, digits);
                break;
            case DataType.Fp16 or DataType.Bf16:
                // Their neighbours just below 10 are up to 0.06 apart: a hundredth more could be the same number.
                WriteDecimal(json, 1, digits);
                break;
            default:
                json.WriteNumberValue(_random.Next(MostInteger + 1));
                Note(json, digits, 1);
                break;
        }
    }

    // Always as many digits, so that one can be put in the place of another.
    private void WriteDecimal(Utf8JsonWriter json, int decimals, List<int>? digits)
    {
        json.WriteRawValue($"{Digits(1)}.{Digits(decimals)}");
        Note(json, digits, decimals);
        Note(json, digits, 1, behind: decimals + 1);
    }

    private string Digits(int count) => string.Create(count, _random, static (text, random) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)('0' + random.Next(MostInteger + 1));
        }
    });

    private static void Note(Utf8JsonWriter json, List<int>? digits, int count, int behind = 0)
    {
        var end = (int)(json.BytesCommitted + json.BytesPending) - behind;
        digits?.AddRange(Enumerable.Range(end - count, count));
    }
#pragma warning restore CA5394
}
