using System.Buffers.Binary;
using System.Text.Json;

namespace Orchestrator.Protocol;

public static partial class InferCodec
{
    /// <summary>Parses a request.</summary>
    /// <param name="body">The whole body. Binary tensors of the result are slices of it: it must stay untouched as long as they are used.</param>
    /// <param name="headerLength">Value of <see cref="ContractNames.HeaderLength"/>; null: the whole body is JSON. 0 (the whole body is the raw data of the single input) needs <paramref name="rawInput"/>.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="rawInput">For header length 0: name, datatype and shape (-1 in dimension 0 is taken from the length) of the single input; null: such a request is refused.</param>
    /// <exception cref="ProtocolException">It is no request; the message says where and what was expected.</exception>
    public static InferRequest ReadRequest(ReadOnlyMemory<byte> body, int? headerLength, CodecLimits limits, TensorMetadata? rawInput = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (headerLength == 0)
        {
            return ReadRaw(body, rawInput, limits);
        }

        var reader = new Utf8JsonReader(JsonOf(body, headerLength), WireJson.Options(limits));
        var tensors = new TensorListReader(body, headerLength, "input", isStrict: true, limits);
        try
        {
            var request = new RequestFields(limits);
            request.Read(ref reader, ref tensors);
            tensors.CheckAllBytesUsed();
            return request.ToRequest();
        }
        catch (JsonException e)
        {
            throw WireJson.Invalid(e);
        }
    }

    /// <summary>The form without JSON: the body is the only input's data. A BYTES body is one element, without its length.</summary>
    private static InferRequest ReadRaw(ReadOnlyMemory<byte> body, TensorMetadata? input, CodecLimits limits)
    {
        if (input is null)
        {
            throw new ProtocolException($"{ContractNames.HeaderLength} is 0 (a body of raw data alone), expected the length of the JSON: this model has not exactly one input");
        }

        var what = $"input '{input.Name}'";
        var shape = (long[])input.Shape.Clone();
        var data = body;
        var isOpen = shape.Length > 0 && shape[0] == -1;
        if (shape.AsSpan(isOpen ? 1 : 0).ContainsAnyInRange(long.MinValue, -1))
        {
            throw new ProtocolException($"{what}: its shape {ShapeRules.ToText(shape)} cannot be told from raw data alone, expected a request with JSON");
        }

        if (input.DataType == DataType.Bytes)
        {
            var prefixed = new byte[BytesElements.PrefixSize + body.Length];
            BinaryPrimitives.WriteInt32LittleEndian(prefixed, body.Length);
            body.CopyTo(prefixed.AsMemory(BytesElements.PrefixSize));
            data = prefixed;
            shape[0] = isOpen ? 1 : shape[0];
        }
        else if (isOpen)
        {
            var rowBytes = Tensor.CountElements(shape.AsSpan(1)) * input.DataType.ElementSize();
            shape[0] = rowBytes == 0 ? 0 : body.Length / rowBytes;
        }

        ShapeRules.Check(shape, input.DataType, what, limits);
        var tensor = new Tensor(input.Name, input.DataType, shape, data);
        TensorRows.Validate(tensor, what);
        return new InferRequest { Inputs = [tensor] };
    }

    /// <summary>The members of a request, in whatever order they come.</summary>
    private ref struct RequestFields(CodecLimits limits)
    {
        private string? _id;
        private bool _hasId;
        private IReadOnlyDictionary<string, JsonElement>? _parameters;
        private List<Tensor>? _inputs;
        private List<RequestedOutput>? _outputs;

        public void Read(ref Utf8JsonReader reader, ref TensorListReader tensors)
        {
            WireJson.Next(ref reader);
            WireJson.ExpectObject(ref reader, "the request");
            for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
            {
                var member = WireJson.PropertyName(ref reader);
                if (member.SequenceEqual("inputs"u8))
                {
                    ThrowIfTwice(_inputs is not null, "inputs");
                    _inputs = tensors.Read(ref reader);
                }
                else if (member.SequenceEqual("id"u8))
                {
                    ThrowIfTwice(_hasId, "id");
                    _hasId = true;
                    _id = WireJson.ReadStringOrNull(ref reader, "id");
                }
                else if (member.SequenceEqual("parameters"u8))
                {
                    ThrowIfTwice(_parameters is not null, "parameters");
                    _parameters = ParameterReader.Read(ref reader, "parameters", isStrict: true);
                }
                else if (member.SequenceEqual("outputs"u8))
                {
                    ThrowIfTwice(_outputs is not null, "outputs");
                    _outputs = ReadOutputs(ref reader, limits);
                }
                else
                {
                    WireJson.SkipValue(ref reader);
                }
            }

            // Only spaces may follow; anything else the reader throws on.
            reader.Read();
        }

        public readonly InferRequest ToRequest()
        {
            if (_inputs is not { Count: > 0 })
            {
                throw new ProtocolException("inputs: missing or empty, expected an array of at least one tensor");
            }

            var parameters = _parameters ?? InferRequest.NoParameters;
            var isBinary = false;
            if (parameters.TryGetValue(BinaryOutputParameter, out var binary))
            {
                isBinary = AsBool(binary, $"parameters: {BinaryOutputParameter}");
                parameters = Without(parameters, BinaryOutputParameter);
            }

            return new InferRequest { Id = _id, Parameters = parameters, Inputs = _inputs, Outputs = _outputs is null ? [] : _outputs, BinaryOutput = isBinary };
        }
    }

    private static List<RequestedOutput> ReadOutputs(ref Utf8JsonReader reader, CodecLimits limits)
    {
        List<RequestedOutput> outputs = [];
        WireJson.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return outputs;
        }

        WireJson.ExpectArray(ref reader, "outputs");
        var names = new HashSet<string>();
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; WireJson.Next(ref reader))
        {
            if (outputs.Count == limits.MaxTensors)
            {
                throw new ProtocolException($"outputs: more than {limits.MaxTensors}, expected at most that many");
            }

            var output = ReadOutput(ref reader, outputs.Count);
            ThrowIfTwice(!names.Add(output.Name), $"output '{WireJson.Clip(output.Name)}'");
            outputs.Add(output);
        }

        return outputs;
    }

    private static RequestedOutput ReadOutput(ref Utf8JsonReader reader, int index)
    {
        var what = $"output {index}";
        WireJson.ExpectObject(ref reader, what);
        string? name = null;
        JsonElement? binary = null;
        var hasParameters = false;
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var member = WireJson.PropertyName(ref reader);
            if (member.SequenceEqual("name"u8))
            {
                ThrowIfTwice(name is not null, $"{what}: name");
                name = WireJson.ReadString(ref reader, $"{what}: name");
            }
            else if (member.SequenceEqual("parameters"u8))
            {
                ThrowIfTwice(hasParameters, $"{what}: parameters");
                hasParameters = true;
                binary = ParameterReader.ReadOne(ref reader, "binary_data"u8, $"{what}: parameters", isStrict: true);
            }
            else
            {
                WireJson.SkipValue(ref reader);
            }
        }

        return new RequestedOutput(
            name ?? throw new ProtocolException($"{what}: name is missing"),
            binary is { } value ? AsBool(value, $"{what}: parameters: binary_data") : null);
    }

    private static bool AsBool(JsonElement value, string what) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new ProtocolException($"{what}: expected true or false but got {WireJson.Clip(value.GetRawText())}"),
    };

    private static IReadOnlyDictionary<string, JsonElement> Without(IReadOnlyDictionary<string, JsonElement> parameters, string name) =>
        parameters.Count == 1 ? InferRequest.NoParameters : parameters.Where(p => p.Key != name).ToDictionary();
}
