using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Checks a request, which the codec found sound (at least one input, names once, data of the right length), against the signature. Every complaint is a <see cref="ProtocolException"/> that says which tensor and what was expected.</summary>
internal sealed class RequestBinder
{
    private readonly ModelSignature _signature;
    private readonly RequestedOutput[] _allOutputs;

    public RequestBinder(ModelSignature signature)
    {
        _signature = signature;
        _allOutputs = [.. signature.Outputs.Select(o => new RequestedOutput(o.Name))];
        // A body of raw data alone has no room to say a shape.
        var only = signature.Inputs.Count == 1 ? signature.Inputs[0] : null;
        RawInput = only is not null && !only.Shape.AsSpan(1).Contains(-1) ? only : null;
    }

    /// <summary>For bodies without a JSON header; null: not possible with this signature.</summary>
    public TensorMetadata? RawInput { get; }

    /// <summary>The inputs in the signature's datatypes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="bodyLength">Bytes of its body: a row takes at least one, so that a shape like [1000000000,0] cannot make outputs of that many rows.</param>
    public IReadOnlyList<Tensor> BindInputs(InferRequest request, int bodyLength)
    {
        var tensors = new Tensor[request.Inputs.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = BindInput(request.Inputs[i], request.Inputs[0].Rows);
        }

        foreach (var expected in _signature.Inputs)
        {
            if (!Array.Exists(tensors, t => t.Name == expected.Name) && !_signature.OptionalInputs.Contains(expected.Name))
            {
                throw new ProtocolException($"input '{expected.Name}' is missing, expected {ModelSignature.Join(_signature.Inputs)}");
            }
        }

        if (tensors[0].Rows > bodyLength)
        {
            throw new ProtocolException($"input '{tensors[0].Name}' has {tensors[0].Rows} rows, more than the body has bytes ({bodyLength})");
        }

        return tensors[0].Rows > (_signature.MaxBatchSize ?? int.MaxValue)
            ? throw new ProtocolException($"{tensors[0].Rows} rows, expected at most {_signature.MaxBatchSize} (max_batch_size)")
            : tensors;
    }

    /// <summary>The outputs to answer: index into the signature's outputs and whether raw.</summary>
    public (int Index, bool Binary)[] BindOutputs(InferRequest request)
    {
        var requested = request.Outputs.Count == 0 ? _allOutputs : request.Outputs;
        var bound = new (int Index, bool Binary)[requested.Count];
        for (var i = 0; i < bound.Length; i++)
        {
            var index = IndexOf(_signature.Outputs, requested[i].Name);
            if (index < 0)
            {
                throw new ProtocolException($"unknown output '{requested[i].Name}', expected {ModelSignature.Join(_signature.Outputs)}");
            }

            bound[i] = (index, requested[i].Binary ?? request.BinaryOutput);
        }

        return bound;
    }

    private Tensor BindInput(Tensor input, long rows)
    {
        var index = IndexOf(_signature.Inputs, input.Name);
        if (index < 0)
        {
            throw new ProtocolException($"unknown input '{input.Name}', expected {ModelSignature.Join(_signature.Inputs)}");
        }

        var expected = _signature.Inputs[index];
        if (!Fits(input.Shape, expected.Shape))
        {
            throw new ProtocolException($"input '{input.Name}': shape is [{string.Join(',', input.Shape)}], expected [{string.Join(',', expected.Shape)}] with at least one row");
        }

        if (input.Shape[0] != rows)
        {
            throw new ProtocolException($"input '{input.Name}' has {input.Shape[0]} rows, expected {rows} as in the inputs before it");
        }

        return TensorRows.Convert(input, expected.DataType);
    }

    private static bool Fits(long[] shape, long[] expected)
    {
        if (shape.Length != expected.Length || shape[0] is < 1 or > int.MaxValue)
        {
            return false;
        }

        for (var i = 1; i < shape.Length; i++)
        {
            if (expected[i] != -1 && expected[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private static int IndexOf(IReadOnlyList<TensorMetadata> tensors, string name)
    {
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}
