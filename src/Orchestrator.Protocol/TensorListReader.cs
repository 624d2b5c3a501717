using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>Reads the list of inputs of a request or of outputs of an answer, and hands out the binary part of the body in the order they are listed.</summary>
/// <param name="body">The whole body.</param>
/// <param name="headerLength">Length of its JSON; null: all of it.</param>
/// <param name="kind"><c>input</c> or <c>output</c>.</param>
/// <param name="isStrict">Whether a parameter that is no scalar is an error (requests) or passed over (answers).</param>
/// <param name="limits">Bounds.</param>
internal ref struct TensorListReader(ReadOnlyMemory<byte> body, int? headerLength, string kind, bool isStrict, CodecLimits limits)
{
    private const int FewNames = 8;

    private readonly List<Tensor> _tensors = [];
    private HashSet<string>? _names;
    private int _offset = headerLength ?? body.Length;

    /// <summary>Reads the array the reader stands before.</summary>
    public List<Tensor> Read(ref Utf8JsonReader reader)
    {
        WireJson.Next(ref reader);
        WireJson.ExpectArray(ref reader, $"{kind}s");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; WireJson.Next(ref reader))
        {
            if (_tensors.Count == limits.MaxTensors)
            {
                throw new ProtocolException($"{kind}s: more than {limits.MaxTensors}, expected at most that many");
            }

            var tensor = ReadTensor(ref reader);
            ThrowIfSeen(tensor.Name);
            _tensors.Add(tensor);
        }

        return _tensors;
    }

    /// <summary>To be called after the last tensor.</summary>
    public readonly void CheckAllBytesUsed()
    {
        if (_offset != body.Length)
        {
            throw new ProtocolException(
                $"the body has {body.Length - headerLength} bytes after its JSON, expected {_offset - headerLength}: the sum of the {kind}s' binary_data_size");
        }
    }

    private Tensor ReadTensor(ref Utf8JsonReader reader)
    {
        var fields = new TensorFields(kind, _tensors.Count, isStrict, limits);
        fields.Read(ref reader);
        var (name, dataType, shape) = fields.Required();
        var data = fields.BinarySize is { } size ? TakeBinary(ref fields, size) : fields.Data();
        var tensor = new Tensor(name, dataType, shape, data);
        if (fields.BinarySize is not null)
        {
            TensorRows.Validate(tensor, fields.What);
        }

        return tensor;
    }

    private ReadOnlyMemory<byte> TakeBinary(ref TensorFields fields, JsonElement size)
    {
        if (fields.HasData)
        {
            throw new ProtocolException($"{fields.What}: has both data and the parameter binary_data_size, expected one of them");
        }

        if (headerLength is null)
        {
            throw new ProtocolException($"{fields.What}: is binary, expected the header {ContractNames.HeaderLength} with the length of the JSON");
        }

        if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var length) || length < 0)
        {
            throw new ProtocolException($"{fields.What}: binary_data_size: expected a whole number of bytes but got {WireJson.Clip(size.ToString())}");
        }

        if (length > body.Length - _offset)
        {
            throw new ProtocolException($"{fields.What}: binary_data_size is {length}, but {body.Length - _offset} bytes are left in the body");
        }

        var data = body.Slice(_offset, (int)length);
        _offset += (int)length;
        return data;
    }

    private void ThrowIfSeen(string name)
    {
        var isSeen = _names is not null && !_names.Add(name);
        if (_names is null)
        {
            foreach (var tensor in _tensors)
            {
                isSeen |= tensor.Name == name;
            }

            if (_tensors.Count == FewNames)
            {
                _names = new HashSet<string>(_tensors.ConvertAll(t => t.Name)) { name };
            }
        }

        if (isSeen)
        {
            throw new ProtocolException($"{kind} '{WireJson.Clip(name)}' is given twice");
        }
    }
}
