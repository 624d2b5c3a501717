using System.Text.Json;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Inputs;

/// <summary>Makes up one row of tensors that fits a signature.</summary>
public static class SampleTensors
{
    /// <summary>One row per input, in order; variable dimensions become 1.</summary>
    /// <exception cref="ProtocolException">An input has a datatype without JSON form (BF16).</exception>
    public static IReadOnlyList<Tensor> Row(IReadOnlyList<TensorMetadata> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var values = new MadeValues(seed: 1);
        return [.. inputs.Select(input => One(values, input))];
    }

    private static Tensor One(MadeValues values, TensorMetadata input)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            values.Write(json, [input with { Shape = [.. input.Shape.Length == 0 ? [1] : input.Shape.Select((d, i) => i == 0 ? 1 : Math.Max(1, d)).Prepend(1)] }]);
        }

        var reader = new Utf8JsonReader(stream.ToArray());
        reader.Read();
        long[] shape = [1, .. input.Shape.Skip(1).Select(d => Math.Max(1, d))];
        return new Tensor(input.Name, input.DataType, shape, TensorJson.ReadData(ref reader, input.DataType, shape, $"input '{input.Name}'", CodecLimits.Default));
    }
}
