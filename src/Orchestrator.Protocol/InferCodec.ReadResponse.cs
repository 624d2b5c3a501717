using System.Text.Json;

namespace Orchestrator.Protocol;

public static partial class InferCodec
{
    /// <summary>Parses an answer. Parameters that are neither string, number nor bool, as some servers send them, are passed over.</summary>
    /// <param name="body">The whole body; binary tensors of the result are slices of it.</param>
    /// <param name="headerLength">Value of <see cref="ContractNames.HeaderLength"/>; null: the whole body is JSON.</param>
    /// <param name="limits">Bounds.</param>
    /// <exception cref="ProtocolException">It is no answer; the message says where and what was expected.</exception>
    public static InferResponse ReadResponse(ReadOnlyMemory<byte> body, int? headerLength, CodecLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var reader = new Utf8JsonReader(JsonOf(body, headerLength), WireJson.Options(limits));
        var tensors = new TensorListReader(body, headerLength, "output", isStrict: false, limits);
        try
        {
            var response = default(ResponseFields);
            response.Read(ref reader, ref tensors);
            tensors.CheckAllBytesUsed();
            return response.ToResponse();
        }
        catch (JsonException e)
        {
            throw WireJson.Invalid(e);
        }
    }

    /// <summary>The members of an answer, in whatever order they come.</summary>
    private ref struct ResponseFields
    {
        private string? _modelName;
        private string? _modelVersion;
        private string? _id;
        private IReadOnlyDictionary<string, JsonElement>? _parameters;
        private List<Tensor>? _outputs;

        public void Read(ref Utf8JsonReader reader, ref TensorListReader tensors)
        {
            WireJson.Next(ref reader);
            WireJson.ExpectObject(ref reader, "the answer");
            for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
            {
                var member = WireJson.PropertyName(ref reader);
                if (member.SequenceEqual("outputs"u8))
                {
                    ThrowIfTwice(_outputs is not null, "outputs");
                    _outputs = tensors.Read(ref reader);
                }
                else if (member.SequenceEqual("parameters"u8))
                {
                    ThrowIfTwice(_parameters is not null, "parameters");
                    _parameters = ParameterReader.Read(ref reader, "parameters", isStrict: false);
                }
                else
                {
                    ReadOther(ref reader, member);
                }
            }

            // Only spaces may follow; anything else the reader throws on.
            reader.Read();
        }

        public readonly InferResponse ToResponse()
        {
            var outputs = _outputs ?? throw new ProtocolException("outputs: missing, expected an array of tensors");
            var parameters = _parameters ?? InferRequest.NoParameters;
            Dictionary<int, string>? errors = null;
            IReadOnlyCollection<int> invalid = [];
            if (parameters.TryGetValue(ContractNames.ErrorsParameter, out var value) && value.ValueKind == JsonValueKind.String)
            {
                errors = RowErrors.Read(value, outputs);
                parameters = Without(parameters, ContractNames.ErrorsParameter);
                if (parameters.TryGetValue(ContractNames.InvalidRowsParameter, out var rows) && rows.ValueKind == JsonValueKind.String)
                {
                    invalid = RowErrors.ReadInvalid(rows, errors);
                    parameters = Without(parameters, ContractNames.InvalidRowsParameter);
                }
            }

            return new InferResponse
            {
                ModelName = _modelName ?? throw new ProtocolException("model_name: missing, expected the model's name"),
                ModelVersion = _modelVersion,
                Id = _id,
                Parameters = parameters,
                Outputs = outputs,
                RowErrors = errors,
                InvalidRows = invalid,
            };
        }

        private void ReadOther(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member)
        {
            if (member.SequenceEqual("model_name"u8))
            {
                ThrowIfTwice(_modelName is not null, "model_name");
                _modelName = WireJson.ReadString(ref reader, "model_name");
            }
            else if (member.SequenceEqual("model_version"u8))
            {
                ThrowIfTwice(_modelVersion is not null, "model_version");
                _modelVersion = WireJson.ReadStringOrNull(ref reader, "model_version");
            }
            else if (member.SequenceEqual("id"u8))
            {
                ThrowIfTwice(_id is not null, "id");
                _id = WireJson.ReadStringOrNull(ref reader, "id");
            }
            else
            {
                WireJson.SkipValue(ref reader);
            }
        }
    }
}
