using System.Text.Json;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Query.Applications;

/// <summary>
/// Reads one element of <c>input_batch</c> (or <c>input</c>) into tensors of one row: an array (or a scalar) for a model with one input, an object by input name for any
/// model, an array of one value per input for a model with several.
/// </summary>
internal static class RowReader
{
    /// <summary>Reads the value the reader stands on and leaves it on the value's last token.</summary>
    /// <exception cref="ProtocolException">It does not fit the signature.</exception>
    public static Tensor[] Read(ref Utf8JsonReader reader, IReadOnlyList<TensorMetadata> inputs, ModelSignature? signature)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return ReadNamed(ref reader, inputs, signature);
        }

        if (inputs.Count == 1)
        {
            return [ReadValue(ref reader, inputs[0])];
        }

        return reader.TokenType == JsonTokenType.StartArray
            ? ReadPositional(ref reader, inputs, signature)
            : throw new ProtocolException($"The model has {inputs.Count} inputs ({Names(inputs)}): expected an object with these members, or an array with a value for each");
    }

    private static Tensor[] ReadNamed(ref Utf8JsonReader reader, IReadOnlyList<TensorMetadata> inputs, ModelSignature? signature)
    {
        var values = new Tensor?[inputs.Count];
        var guess = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = Find(ref reader, inputs, guess);
            if (values[index] is not null)
            {
                throw new ProtocolException($"input '{inputs[index].Name}' is given twice");
            }

            reader.Read();
            values[index] = ReadOptional(ref reader, inputs[index], signature);
            guess = index + 1;
        }

        return Complete(values, inputs, signature);
    }

    private static Tensor[] ReadPositional(ref Utf8JsonReader reader, IReadOnlyList<TensorMetadata> inputs, ModelSignature? signature)
    {
        var values = new Tensor?[inputs.Count];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == inputs.Count)
            {
                throw new ProtocolException($"the array has more than {inputs.Count} values; expected one per input, in this order: {Names(inputs)}");
            }

            values[count] = ReadOptional(ref reader, inputs[count], signature);
            count++;
        }

        return count == inputs.Count
            ? Complete(values, inputs, signature)
            : throw new ProtocolException($"the array has {count} values; expected {inputs.Count}, one per input, in this order: {Names(inputs)}");
    }

    private static int Find(ref Utf8JsonReader reader, IReadOnlyList<TensorMetadata> inputs, int guess)
    {
        // Clients send members in the model's order nearly always, so the search begins where the last one was found.
        for (var i = 0; i < inputs.Count; i++)
        {
            var index = (guess + i) % inputs.Count;
            if (reader.ValueTextEquals(inputs[index].Name))
            {
                return index;
            }
        }

        throw new ProtocolException($"the model has no input '{reader.GetString()}'; it has {Names(inputs)}");
    }

    private static Tensor? ReadOptional(ref Utf8JsonReader reader, TensorMetadata input, ModelSignature? signature) =>
        reader.TokenType == JsonTokenType.Null && IsOptional(input, signature) ? null : ReadValue(ref reader, input);

    private static Tensor[] Complete(Tensor?[] values, IReadOnlyList<TensorMetadata> inputs, ModelSignature? signature)
    {
        var given = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is not null)
            {
                given++;
            }
            else if (!IsOptional(inputs[i], signature))
            {
                throw new ProtocolException($"input '{inputs[i].Name}' is missing; the model needs {Names(inputs)}");
            }
        }

        return given == values.Length ? (Tensor[])values! : [.. values.OfType<Tensor>()];
    }

    private static bool IsOptional(TensorMetadata input, ModelSignature? signature) => signature is not null && signature.OptionalInputs.Contains(input.Name);

    private static Tensor ReadValue(ref Utf8JsonReader reader, TensorMetadata input)
    {
        var rank = Math.Max(1, input.Shape.Length);
        var isArray = reader.TokenType == JsonTokenType.StartArray;
        long[] row = isArray && rank == 1 ? [1] : isArray ? input.Shape[1..] : [];
        var shape = new long[rank];
        shape[0] = 1;
        if (!isArray)
        {
            FillOnes(shape, input);
        }

        var data = TensorJson.ReadData(ref reader, input.DataType, row, $"input '{input.Name}'", CodecLimits.Default);
        if (isArray && rank > 1)
        {
            row.CopyTo(shape, 1);
        }

        return new Tensor(input.Name, input.DataType, shape, data);
    }

    // A plain value is a row of one element, if the model takes such rows.
    private static void FillOnes(long[] shape, TensorMetadata input)
    {
        for (var i = 1; i < shape.Length; i++)
        {
            shape[i] = input.Shape[i] is 1 or -1
                ? 1
                : throw new ProtocolException($"input '{input.Name}' takes arrays of shape [{string.Join(',', input.Shape[1..])}] per row, not a single value");
        }
    }

    private static string Names(IReadOnlyList<TensorMetadata> inputs) => string.Join(", ", inputs.Select(i => i.Name));
}
