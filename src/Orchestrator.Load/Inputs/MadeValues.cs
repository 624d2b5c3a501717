using System.Text.Json;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>Makes up rows that fit a signature.</summary>
/// <param name="seed">The same seed gives the same rows.</param>
internal sealed class MadeValues(int seed)
{
    private const int MostInteger = 9;
    // The rows shape a measurement, they guard nothing.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);

    public void Write(Utf8JsonWriter json, IReadOnlyList<TensorMetadata> inputs)
    {
        if (inputs.Count == 1)
        {
            WriteRow(json, inputs[0]);
            return;
        }

        json.WriteStartObject();
        foreach (var input in inputs)
        {
            json.WritePropertyName(input.Name);
            WriteRow(json, input);
        }

        json.WriteEndObject();
    }

    // Variable dimensions become 1; dimension 0 is the batch and is not written.
    private void WriteRow(Utf8JsonWriter json, TensorMetadata input) => WriteDimension(json, input.DataType, input.Shape.AsSpan(Math.Min(1, input.Shape.Length)));

    private void WriteDimension(Utf8JsonWriter json, DataType type, ReadOnlySpan<long> shape)
    {
        if (shape.Length == 0)
        {
            WriteElement(json, type);
            return;
        }

        json.WriteStartArray();
        for (var i = 0; i < Math.Max(1, shape[0]); i++)
        {
            WriteDimension(json, type, shape[1..]);
        }

        json.WriteEndArray();
    }

    private void WriteElement(Utf8JsonWriter json, DataType type)
    {
        switch (type)
        {
            case DataType.Bool:
                json.WriteBooleanValue(_random.Next(2) == 1);
                break;
            case DataType.Bytes:
                json.WriteStringValue("text " + _random.Next(MostInteger + 1));
                break;
            case DataType.Fp16 or DataType.Fp32 or DataType.Fp64 or DataType.Bf16:
                json.WriteNumberValue(Math.Round(_random.NextDouble() * MostInteger, 3));
                break;
            default:
                json.WriteNumberValue(_random.Next(MostInteger + 1));
                break;
        }
    }
#pragma warning restore CA5394
}
