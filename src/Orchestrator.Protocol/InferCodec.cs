namespace Orchestrator.Protocol;

/// <summary>
/// Reads and writes Open Inference Protocol bodies, JSON and binary tensor data extension. Whatever it is given, it returns a request, an answer or throws
/// <see cref="ProtocolException"/>, and never allocates more than a small multiple of the body's length and <see cref="CodecLimits"/>.
/// </summary>
public static partial class InferCodec
{
    private const string BinaryOutputParameter = "binary_data_output";

    private static ReadOnlySpan<byte> JsonOf(ReadOnlyMemory<byte> body, int? headerLength)
    {
        if (headerLength is not { } length)
        {
            return body.Span;
        }

        return length >= 0 && length <= body.Length
            ? body.Span[..length]
            : throw new ProtocolException($"{ContractNames.HeaderLength} is {length}, expected 0 to {body.Length}, the length of the body");
    }

    private static void ThrowIfTwice(bool isSecond, string member)
    {
        if (isSecond)
        {
            throw new ProtocolException($"{member} is given twice");
        }
    }
}
