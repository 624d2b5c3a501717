using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>
/// An answer as bytes. <code>
/// 'O' 'P' version:1 zero:1 | check:16 | freshUntil:8 (Unix ms) | outputs:4 | per output: name (length:4, UTF-8), datatype:1, rank:1, dimensions:8 each, data (length:4, bytes)
/// </code>
/// Little-endian. The check is the first half of a SHA-256 over the key and everything behind the check: a value that is cut, changed, of another format, or stands under another
/// key is no answer. It guards against accidents, not against somebody who may write to the store.
/// </summary>
internal static class StoredPrediction
{
    public const byte Version = 1;
    private const int CheckAt = 4;
    private const int BodyAt = 20;
    private const int OutputsAt = BodyAt + 8;
    private const int LeastLength = OutputsAt + 4;
    private const int MostOutputs = 4096;

    /// <summary>Bytes that <see cref="Write"/> will make.</summary>
    public static long SizeOf(IReadOnlyList<Tensor> outputs)
    {
        long size = LeastLength;
        foreach (var output in outputs)
        {
            size += 4 + Encoding.UTF8.GetByteCount(output.Name) + 2 + (8L * output.Shape.Length) + 4 + output.Data.Length;
        }

        return size;
    }

    /// <summary>The value of an answer.</summary>
    /// <param name="key">What it will stand under.</param>
    /// <param name="outputs">The answer.</param>
    /// <param name="freshUntil">From then on it is stale.</param>
    public static byte[] Write(in CacheKey key, IReadOnlyList<Tensor> outputs, DateTimeOffset freshUntil)
    {
        var value = new byte[SizeOf(outputs)];
        value[0] = (byte)'O';
        value[1] = (byte)'P';
        value[2] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(BodyAt), freshUntil.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(OutputsAt), outputs.Count);
        var rest = value.AsSpan(LeastLength);
        foreach (var output in outputs)
        {
            WriteOutput(ref rest, output);
        }

        Check(key, value.AsSpan(BodyAt), value.AsSpan(CheckAt, BodyAt - CheckAt));
        return value;
    }

    /// <summary>The answer in a value; its tensors are slices of it. Null: it is none.</summary>
    public static PredictionOutcome? Read(in CacheKey key, byte[] value, ModelVersionId id, out DateTimeOffset freshUntil)
    {
        freshUntil = default;
        if (value.Length < LeastLength || value[0] != (byte)'O' || value[1] != (byte)'P' || value[2] != Version || value[3] != 0)
        {
            return null;
        }

        Span<byte> check = stackalloc byte[BodyAt - CheckAt];
        Check(key, value.AsSpan(BodyAt), check);
        if (!check.SequenceEqual(value.AsSpan(CheckAt, check.Length)))
        {
            return null;
        }

        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(BodyAt));
        var count = BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(OutputsAt));
        if (count is < 0 or > MostOutputs || milliseconds < 0 || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return null;
        }

        var outputs = new Tensor[count];
        var at = LeastLength;
        for (var i = 0; i < count; i++)
        {
            if (ReadOutput(value, ref at) is not { } output)
            {
                return null;
            }

            outputs[i] = output;
        }

        freshUntil = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return at == value.Length ? new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = id, Outputs = outputs, FromCache = true } : null;
    }

    private static void WriteOutput(ref Span<byte> rest, Tensor output)
    {
        var name = Encoding.UTF8.GetBytes(output.Name, rest[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(rest, name);
        rest = rest[(4 + name)..];
        rest[0] = (byte)output.DataType;
        rest[1] = (byte)output.Shape.Length;
        rest = rest[2..];
        foreach (var dimension in output.Shape)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, dimension);
            rest = rest[8..];
        }

        BinaryPrimitives.WriteInt32LittleEndian(rest, output.Data.Length);
        output.Data.Span.CopyTo(rest[4..]);
        rest = rest[(4 + output.Data.Length)..];
    }

    // Behind a check that held, lengths are what we wrote; they are looked at all the same: a mistake here must never read beyond the value.
    private static Tensor? ReadOutput(byte[] value, ref int at)
    {
        if (!TryReadBytes(value, ref at, out var name) || value.Length - at < 2)
        {
            return null;
        }

        var type = (DataType)value[at];
        var shape = new long[value[at + 1]];
        at += 2;
        if (!Enum.IsDefined(type) || value.Length - at < 8 * shape.Length)
        {
            return null;
        }

        for (var d = 0; d < shape.Length; d++, at += 8)
        {
            shape[d] = BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(at));
        }

        return TryReadBytes(value, ref at, out var data) ? new Tensor(Encoding.UTF8.GetString(name.Span), type, shape, data) : null;
    }

    private static bool TryReadBytes(byte[] value, ref int at, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (value.Length - at < 4 || BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(at)) is var length && (length < 0 || length > value.Length - at - 4))
        {
            return false;
        }

        bytes = value.AsMemory(at + 4, length);
        at += 4 + length;
        return true;
    }

    private static void Check(in CacheKey key, ReadOnlySpan<byte> body, Span<byte> check)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(key.ToBytes());
        hash.AppendData(body);
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..check.Length].CopyTo(check);
    }
}
