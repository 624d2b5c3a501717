using System.Buffers;

namespace Orchestrator.Protocol;

/// <summary>
/// Reads and writes Open Inference Protocol bodies, JSON and binary tensor data extension. Whatever it is given, it returns a request, an answer or throws
/// <see cref="ProtocolException"/>, and never allocates more than a small multiple of the body's length and <see cref="CodecLimits"/>.
/// </summary>
public static partial class InferCodec
{
    /// <summary>Parses a request.</summary>
    /// <param name="body">The whole body. Binary tensors of the result are slices of it: it must stay untouched as long as they are used.</param>
    /// <param name="headerLength">Value of <see cref="ContractNames.HeaderLength"/>; null: the whole body is JSON. 0 (the whole body is the raw data of the single input) needs <paramref name="rawInput"/>.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="rawInput">For header length 0: name, datatype and shape (-1 in dimension 0 is taken from the length) of the single input; null: such a request is refused.</param>
    public static InferRequest ReadRequest(ReadOnlyMemory<byte> body, int? headerLength, CodecLimits limits, TensorMetadata? rawInput = null) => throw new NotSupportedException();

    /// <summary>Parses an answer.</summary>
    /// <param name="body">The whole body; binary tensors of the result are slices of it.</param>
    /// <param name="headerLength">Value of <see cref="ContractNames.HeaderLength"/>; null: the whole body is JSON.</param>
    /// <param name="limits">Bounds.</param>
    public static InferResponse ReadResponse(ReadOnlyMemory<byte> body, int? headerLength, CodecLimits limits) => throw new NotSupportedException();

    /// <summary>Writes a request with all tensors raw and <c>binary_data_output</c> true, its JSON padded so that the first tensor starts at a multiple of 64 bytes.</summary>
    /// <returns>Length of the JSON, for <see cref="ContractNames.HeaderLength"/>.</returns>
    public static int WriteBinaryRequest(IBufferWriter<byte> writer, InferRequest request) => throw new NotSupportedException();

    /// <summary>Writes the JSON of a binary request alone, padded as above, for tensors that the caller writes after it.</summary>
    /// <param name="writer">Gets the JSON.</param>
    /// <param name="inputs">Inputs; of <see cref="Tensor.Data"/> nothing is read, the sizes are in <paramref name="byteCounts"/>.</param>
    /// <param name="byteCounts">Bytes of each input, same order.</param>
    /// <param name="outputs">Requested outputs; empty: all.</param>
    /// <returns>Length of the JSON.</returns>
    public static int WriteBinaryRequestHeader(IBufferWriter<byte> writer, IReadOnlyList<Tensor> inputs, ReadOnlySpan<long> byteCounts, IReadOnlyList<RequestedOutput> outputs) => throw new NotSupportedException();

    /// <summary>Writes a request as JSON.</summary>
    public static void WriteJsonRequest(IBufferWriter<byte> writer, InferRequest request) => throw new NotSupportedException();

    /// <summary>Writes an answer: outputs raw where <paramref name="isBinary"/> says so, else as JSON.</summary>
    /// <param name="writer">Gets the body.</param>
    /// <param name="response">The answer.</param>
    /// <param name="isBinary">By output name; null: all JSON.</param>
    /// <returns>Length of the JSON if at least one output is raw; null if the whole body is JSON.</returns>
    public static int? WriteResponse(IBufferWriter<byte> writer, InferResponse response, Func<string, bool>? isBinary) => throw new NotSupportedException();
}
