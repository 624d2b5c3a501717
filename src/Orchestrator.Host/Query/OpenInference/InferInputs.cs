using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.OpenInference;

/// <summary>Brings the inputs of a <c>/v2</c> request into the model's order and datatypes, and checks names and shapes; pure.</summary>
internal static class InferInputs
{
    /// <summary>The inputs as the data plane takes them.</summary>
    /// <exception cref="ProtocolException">They do not fit the signature; says which input and what was expected.</exception>
    public static Tensor[] Map(InferRequest request, IReadOnlyList<TensorMetadata> expected, ModelSignature? signature)
    {
        var mapped = new List<Tensor>(expected.Count);
        foreach (var metadata in expected)
        {
            if (Find(request.Inputs, metadata.Name) is { } tensor)
            {
                mapped.Add(MapOne(tensor, metadata));
            }
            else if (signature is null || !signature.OptionalInputs.Contains(metadata.Name))
            {
                throw new ProtocolException($"input '{metadata.Name}' is missing; the model needs {Describe(expected)}");
            }
        }

        if (mapped.Count != request.Inputs.Count)
        {
            throw new ProtocolException(DescribeSuperfluous(request.Inputs, expected));
        }

        RequireEqualRows(mapped);
        return [.. mapped];
    }

    /// <summary>Checks that every requested output exists.</summary>
    /// <exception cref="ProtocolException">One does not.</exception>
    public static void RequireOutputs(InferRequest request, VersionEntry version)
    {
        foreach (var output in request.Outputs)
        {
            if (version.Outputs is { } known && !known.Any(o => o.Name == output.Name))
            {
                throw new ProtocolException($"the model has no output '{output.Name}'; it has {string.Join(", ", known.Select(o => o.Name))}");
            }
        }
    }

    private static Tensor? Find(IReadOnlyList<Tensor> inputs, string name)
    {
        foreach (var input in inputs)
        {
            if (input.Name == name)
            {
                return input;
            }
        }

        return null;
    }

    private static Tensor MapOne(Tensor tensor, TensorMetadata metadata)
    {
        var fits = tensor.Shape.Length == metadata.Shape.Length && tensor.Shape.Length > 0;
        for (var i = 1; fits && i < tensor.Shape.Length; i++)
        {
            fits = metadata.Shape[i] < 0 || metadata.Shape[i] == tensor.Shape[i];
        }

        if (!fits)
        {
            throw new ProtocolException(
                $"input '{metadata.Name}': expected shape [{string.Join(',', metadata.Shape)}] (dimension 0 is the batch, -1 any length), got [{string.Join(',', tensor.Shape)}]");
        }

        if (tensor.Shape[0] is < 1 or > int.MaxValue)
        {
            throw new ProtocolException($"input '{metadata.Name}': dimension 0 is the number of rows; expected at least 1, got {tensor.Shape[0]}");
        }

        return TensorRows.Convert(tensor, metadata.DataType);
    }

    private static void RequireEqualRows(List<Tensor> inputs)
    {
        foreach (var input in inputs)
        {
            if (input.Rows != inputs[0].Rows)
            {
                throw new ProtocolException($"input '{input.Name}' has {input.Rows} rows, but input '{inputs[0].Name}' has {inputs[0].Rows}; dimension 0 must be the same for all");
            }
        }
    }

    private static string DescribeSuperfluous(IReadOnlyList<Tensor> inputs, IReadOnlyList<TensorMetadata> expected)
    {
        var unknown = inputs.FirstOrDefault(i => !expected.Any(e => e.Name == i.Name));
        return unknown is null
            ? "an input is given twice"
            : $"the model has no input '{unknown.Name}'; it has {Describe(expected)}";
    }

    private static string Describe(IReadOnlyList<TensorMetadata> inputs) =>
        string.Join(", ", inputs.Select(i => $"{i.Name} ({i.DataType.ToName()} [{string.Join(',', i.Shape)}])"));
}
