using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Protocol;

public static partial class InferCodec
{
    private const int Alignment = 64;

    /// <summary>Writes a request with all tensors raw and <c>binary_data_output</c> true, its JSON padded so that the first tensor starts at a multiple of 64 bytes.</summary>
    /// <returns>Length of the JSON, for <see cref="ContractNames.HeaderLength"/>.</returns>
    public static int WriteBinaryRequest(IBufferWriter<byte> writer, InferRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var byteCounts = new long[request.Inputs.Count];
        for (var i = 0; i < byteCounts.Length; i++)
        {
            byteCounts[i] = request.Inputs[i].Data.Length;
        }

        var length = WriteHeader(writer, request, byteCounts);
        foreach (var input in request.Inputs)
        {
            writer.Write(input.Data.Span);
        }

        return length;
    }

    /// <summary>Writes the JSON of a binary request alone, padded as above, for tensors that the caller writes after it.</summary>
    /// <param name="writer">Gets the JSON.</param>
    /// <param name="inputs">Inputs; of <see cref="Tensor.Data"/> nothing is read, the sizes are in <paramref name="byteCounts"/>.</param>
    /// <param name="byteCounts">Bytes of each input, same order.</param>
    /// <param name="outputs">Requested outputs; empty: all.</param>
    /// <param name="parameters">Request parameters; null: none.</param>
    /// <returns>Length of the JSON.</returns>
    public static int WriteBinaryRequestHeader(
        IBufferWriter<byte> writer, IReadOnlyList<Tensor> inputs, ReadOnlySpan<long> byteCounts, IReadOnlyList<RequestedOutput> outputs, IReadOnlyDictionary<string, JsonElement>? parameters = null) =>
        WriteHeader(writer, new InferRequest { Inputs = inputs, Outputs = outputs, Parameters = parameters ?? InferRequest.NoParameters }, byteCounts);

    /// <summary>Writes a request as JSON, data flat.</summary>
    /// <exception cref="ProtocolException">A tensor has no JSON form: BF16, or bytes that are no UTF-8.</exception>
    public static void WriteJsonRequest(IBufferWriter<byte> writer, InferRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        WriteId(json, request.Id);
        WriteParameters(json, request.Parameters, request.BinaryOutput, null);
        json.WriteStartArray("inputs"u8);
        foreach (var input in request.Inputs)
        {
            WriteTensor(json, input, null);
        }

        json.WriteEndArray();
        WriteRequestedOutputs(json, request.Outputs);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes an answer: outputs raw where <paramref name="isBinary"/> says so, else as JSON.</summary>
    /// <param name="writer">Gets the body.</param>
    /// <param name="response">The answer.</param>
    /// <param name="isBinary">By output name; null: all JSON.</param>
    /// <returns>Length of the JSON if at least one output is raw; null if the whole body is JSON.</returns>
    /// <exception cref="ProtocolException">A tensor has no JSON form: BF16, or bytes that are no UTF-8. Part of the body is written then.</exception>
    public static int? WriteResponse(IBufferWriter<byte> writer, InferResponse response, Func<string, bool>? isBinary)
    {
        ArgumentNullException.ThrowIfNull(response);
        var raw = new bool[response.Outputs.Count];
        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("model_name"u8, response.ModelName);
        if (response.ModelVersion is not null)
        {
            json.WriteString("model_version"u8, response.ModelVersion);
        }

        WriteId(json, response.Id);
        WriteParameters(json, response.Parameters, false, response);
        json.WriteStartArray("outputs"u8);
        for (var i = 0; i < raw.Length; i++)
        {
            raw[i] = isBinary is not null && isBinary(response.Outputs[i].Name);
            WriteTensor(json, response.Outputs[i], raw[i] ? response.Outputs[i].Data.Length : null);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return raw.Contains(true) ? WriteRaw(writer, json.BytesCommitted, response.Outputs, raw) : null;
    }

    private static int WriteRaw(IBufferWriter<byte> writer, long jsonLength, IReadOnlyList<Tensor> outputs, bool[] raw)
    {
        var length = Pad(writer, jsonLength);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i])
            {
                writer.Write(outputs[i].Data.Span);
            }
        }

        return length;
    }

    private static int WriteHeader(IBufferWriter<byte> writer, InferRequest request, ReadOnlySpan<long> byteCounts)
    {
        if (byteCounts.Length != request.Inputs.Count)
        {
            throw new ArgumentException($"{byteCounts.Length} byte counts for {request.Inputs.Count} inputs, expected one for each", nameof(byteCounts));
        }

        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        WriteId(json, request.Id);
        WriteParameters(json, request.Parameters, true, null);
        json.WriteStartArray("inputs"u8);
        for (var i = 0; i < byteCounts.Length; i++)
        {
            WriteTensor(json, request.Inputs[i], byteCounts[i]);
        }

        json.WriteEndArray();
        WriteRequestedOutputs(json, request.Outputs);
        json.WriteEndObject();
        json.Flush();
        return Pad(writer, json.BytesCommitted);
    }

    private static int Pad(IBufferWriter<byte> writer, long length)
    {
        var padding = (int)(-length & (Alignment - 1));
        writer.GetSpan(Alignment)[..padding].Fill((byte)' ');
        writer.Advance(padding);
        return checked((int)(length + padding));
    }

    private static void WriteId(Utf8JsonWriter json, string? id)
    {
        if (id is not null)
        {
            json.WriteString("id"u8, id);
        }
    }

    private static void WriteParameters(Utf8JsonWriter json, IReadOnlyDictionary<string, JsonElement> parameters, bool binaryOutput, InferResponse? response)
    {
        var errors = response?.RowErrors;
        if (parameters.Count == 0 && !binaryOutput && errors is not { Count: > 0 })
        {
            return;
        }

        json.WriteStartObject("parameters"u8);
        foreach (var (name, value) in parameters)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        if (binaryOutput)
        {
            json.WriteBoolean(BinaryOutputParameter, true);
        }

        if (errors is { Count: > 0 })
        {
            json.WriteString(ContractNames.ErrorsParameter, RowErrors.Write(errors));
            if (response!.InvalidRows.Count > 0)
            {
                json.WriteString(ContractNames.InvalidRowsParameter, RowErrors.WriteInvalid(response.InvalidRows));
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, Tensor tensor, long? byteCount)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tensor.Name);
        json.WriteStartArray("shape"u8);
        foreach (var dimension in tensor.Shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteString("datatype"u8, tensor.DataType.ToName());
        if (byteCount is { } count)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteNumber("binary_data_size"u8, count);
            json.WriteEndObject();
        }
        else
        {
            json.WritePropertyName("data"u8);
            TensorJson.WriteFlat(json, tensor.DataType, tensor.Data.Span);
        }

        json.WriteEndObject();
    }

    private static void WriteRequestedOutputs(Utf8JsonWriter json, IReadOnlyList<RequestedOutput> outputs)
    {
        if (outputs.Count == 0)
        {
            return;
        }

        json.WriteStartArray("outputs"u8);
        foreach (var output in outputs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, output.Name);
            if (output.Binary is { } binary)
            {
                json.WriteStartObject("parameters"u8);
                json.WriteBoolean("binary_data"u8, binary);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
