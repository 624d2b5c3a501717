using System.Buffers;
using System.Buffers.Binary;
using System.Net.Http.Headers;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Control.Probing;

/// <summary>Requests made from a signature alone: small numbers, the string "a", 1 for every variable dimension.</summary>
internal static class SyntheticRequest
{
    /// <summary>Bytes of tensor data of one row, all inputs together.</summary>
    public static long RowBytes(ModelSignature signature) =>
        signature.Inputs.Sum(i => Tensor.CountElements([.. i.Shape.Skip(1).Select(d => Math.Max(1, d))]) * ElementBytes(Parse(i.Datatype)));

    /// <summary>An inference request of that many rows; the caller disposes.</summary>
    public static HttpRequestMessage Create(string model, ReplicaContract contract, int rows)
    {
        var request = new InferRequest { Inputs = [.. contract.Signature.Inputs.Select(i => MakeTensor(i, rows))] };
        var body = new ArrayBufferWriter<byte>();
        var message = new HttpRequestMessage(HttpMethod.Post, $"v2/models/{Uri.EscapeDataString(model)}/infer");
        // BF16 has no JSON form: a container that takes it but no raw tensors gets them raw all the same, and says what it thinks of it.
        var binary = contract.BinaryTensors || request.Inputs.Any(i => i.DataType == DataType.Bf16);
        if (binary)
        {
            var length = InferCodec.WriteBinaryRequest(body, request);
            message.Headers.Add(ContractNames.HeaderLength, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            InferCodec.WriteJsonRequest(body, request);
        }

        message.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(binary ? ContractNames.BinaryContentType : ContractNames.JsonContentType);
        return message;
    }

    private static Tensor MakeTensor(TensorSignature input, int rows)
    {
        var type = Parse(input.Datatype);
        long[] shape = [rows, .. input.Shape.Skip(1).Select(d => Math.Max(1, d))];
        var data = new byte[checked(Tensor.CountElements(shape) * ElementBytes(type))];
        Fill(data, type);
        return new Tensor(input.Name, type, shape, data);
    }

    // Zeros are the input every model is most likely to take; a string needs at least a length.
    private static void Fill(byte[] data, DataType type)
    {
        if (type != DataType.Bytes)
        {
            return;
        }

        for (var at = 0; at < data.Length; at += StringBytes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), 1);
            data[at + sizeof(int)] = (byte)'a';
        }
    }

    private const int StringBytes = sizeof(int) + 1;

    private static int ElementBytes(DataType type) => type == DataType.Bytes ? StringBytes : type.ElementSize();

    private static DataType Parse(string name) =>
        DataTypes.TryParse(name, out var type) ? type : throw new ArgumentException($"Datatype {name} was not checked when the signature was read.", nameof(name));
}
