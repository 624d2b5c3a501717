using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Serving.Caching;

/// <summary>
/// Names one question to one model version: SHA-256 over the scope (model, version, what it computes), per input length-prefixed name, datatype, row shape (without the batch dimension)
/// and little-endian bytes after conversion to the model's datatype, the sorted requested outputs, and the parameters that reach the container. Equal tensors have equal keys however they were sent.
/// </summary>
/// <param name="A">Bytes 0 to 7.</param>
/// <param name="B">Bytes 8 to 15.</param>
/// <param name="C">Bytes 16 to 23.</param>
/// <param name="D">Bytes 24 to 31.</param>
internal readonly record struct CacheKey(ulong A, ulong B, ulong C, ulong D)
{
    private const int OnStack = 2048;

    /// <summary>SHA-256 is uniform: eight bytes of it are hash enough.</summary>
    public override int GetHashCode() => (int)A;

    /// <summary>All 32 bytes, as SHA-256 gave them.</summary>
    public byte[] ToBytes() => MemoryMarshal.AsBytes<ulong>([A, B, C, D]).ToArray();

    /// <summary>Makes the key of a call with one row.</summary>
    public static CacheKey Of(CacheScope scope, IReadOnlyList<Tensor> inputs, IReadOnlyList<RequestedOutput> outputs, string? parameters = null)
    {
        var size = Length(scope, inputs, outputs) + TextLength(parameters ?? "");
        var rented = size > OnStack ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> buffer = rented ?? stackalloc byte[OnStack];
        try
        {
            var writer = new Writer(buffer);
            writer.Bytes(scope.Hash);
            writer.Number(inputs.Count);
            // By index, here and below: an enumerator of an interface is an object, whenever the compiler cannot see that it need not be.
            for (var i = 0; i < inputs.Count; i++)
            {
                var input = inputs[i];
                writer.Text(input.Name);
                writer.Number((int)input.DataType);
                writer.Number(input.Shape.Length);
                for (var d = 1; d < input.Shape.Length; d++)
                {
                    writer.Long(input.Shape[d]);
                }

                writer.Number(input.Data.Length);
                writer.Bytes(input.Data.Span);
            }

            WriteOutputs(ref writer, outputs);
            writer.Text(parameters ?? "");
            Span<byte> hash = stackalloc byte[32];
            SHA256.HashData(buffer[..writer.Position], hash);
            var words = MemoryMarshal.Cast<byte, ulong>(hash);
            return new CacheKey(words[0], words[1], words[2], words[3]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static void WriteOutputs(ref Writer writer, IReadOnlyList<RequestedOutput> outputs)
    {
        writer.Number(outputs.Count);
        if (outputs.Count == 0)
        {
            return;
        }

        var names = new string[outputs.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = outputs[i].Name;
        }

        Array.Sort(names, StringComparer.Ordinal);
        foreach (var name in names)
        {
            writer.Text(name);
        }
    }

    private static int Length(CacheScope scope, IReadOnlyList<Tensor> inputs, IReadOnlyList<RequestedOutput> outputs)
    {
        var size = 16 + scope.Hash.Length;
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            size += TextLength(input.Name) + 12 + (8 * input.Shape.Length) + input.Data.Length;
        }

        for (var i = 0; i < outputs.Count; i++)
        {
            size += TextLength(outputs[i].Name);
        }

        return size;
    }

    private static int TextLength(string text) => 4 + Encoding.UTF8.GetMaxByteCount(text.Length);

    private ref struct Writer(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;

        public int Position { get; private set; }

        public void Number(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_buffer[Position..], value);
            Position += 4;
        }

        public void Long(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_buffer[Position..], value);
            Position += 8;
        }

        public void Text(string text)
        {
            var written = Encoding.UTF8.GetBytes(text, _buffer[(Position + 4)..]);
            Number(written);
            Position += written;
        }

        public void Bytes(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_buffer[Position..]);
            Position += bytes.Length;
        }
    }
}
