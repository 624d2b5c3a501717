using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>The outputs of one batch. Owns the pooled memory behind them until <see cref="Dispose"/>.</summary>
internal sealed class OutputBuffers(ModelSignature signature, int rows) : IDisposable
{
    private readonly Tensor?[] _tensors = new Tensor?[signature.Outputs.Count];
    private readonly byte[]?[] _rented = new byte[]?[signature.Outputs.Count];

    public int Rows => rows;

    public Span<T> Rent<T>(string name, scoped ReadOnlySpan<long> dimensions) where T : unmanaged
    {
        var index = IndexOf(name);
        var expected = signature.Outputs[index];
        ElementTypes.Require<T>(expected.DataType, $"output '{name}'");
        var shape = ShapeOf(expected, dimensions);
        if (_rented[index] is not { } buffer || !_tensors[index]!.Shape.AsSpan().SequenceEqual(shape))
        {
            var bytes = checked((int)(Tensor.CountElements(shape) * expected.DataType.ElementSize()));
            Return(index);
            buffer = ArrayPool<byte>.Shared.Rent(bytes);
            buffer.AsSpan(0, bytes).Clear();
            _rented[index] = buffer;
            _tensors[index] = new Tensor(expected.Name, expected.DataType, shape, buffer.AsMemory(0, bytes));
        }

        return MemoryMarshal.Cast<byte, T>(buffer.AsSpan(0, _tensors[index]!.Data.Length));
    }

    public void SetTexts(string name, IReadOnlyList<string?> texts, ReadOnlySpan<long> dimensions)
    {
        var index = IndexOf(name);
        var expected = signature.Outputs[index];
        var shape = ShapeOf(expected, dimensions);
        if (expected.DataType != DataType.Bytes || texts.Count != Tensor.CountElements(shape))
        {
            throw new ArgumentException($"output '{name}' was set to {texts.Count} texts; expected {expected.DataType.ToName()} of shape [{string.Join(',', shape)}]");
        }

        Return(index);
        _tensors[index] = new Tensor(expected.Name, DataType.Bytes, shape, Encode(texts));
    }

    public void Set(Tensor tensor)
    {
        var index = IndexOf(tensor.Name);
        var expected = signature.Outputs[index];
        var fits = tensor.DataType == expected.DataType && tensor.Shape.Length == expected.Shape.Length && tensor.Shape[0] == rows;
        for (var i = 1; fits && i < tensor.Shape.Length; i++)
        {
            fits = expected.Shape[i] == -1 || expected.Shape[i] == tensor.Shape[i];
        }

        if (!fits)
        {
            throw new ArgumentException($"output '{tensor.Name}' was set to {tensor.DataType.ToName()} [{string.Join(',', tensor.Shape)}]; expected {expected.DataType.ToName()} [{rows}{string.Concat(expected.Shape.Skip(1).Select(d => $",{d}"))}]");
        }

        TensorRows.Validate(tensor, $"output '{tensor.Name}'");
        Return(index);
        _tensors[index] = tensor;
    }

    /// <summary>Throws unless every output was set, and empties the rows that failed.</summary>
    public void Complete(IReadOnlyDictionary<int, string>? rowErrors)
    {
        for (var i = 0; i < _tensors.Length; i++)
        {
            if (_tensors[i] is null)
            {
                throw new InvalidOperationException($"the model set no output '{signature.Outputs[i].Name}'; expected all of {ModelSignature.Join(signature.Outputs)}");
            }

            if (rowErrors is not null)
            {
                ClearRows(i, rowErrors.Keys);
            }
        }
    }

    public Tensor this[int index] => _tensors[index]!;

    public void Dispose()
    {
        for (var i = 0; i < _rented.Length; i++)
        {
            Return(i);
        }
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < signature.Outputs.Count; i++)
        {
            if (signature.Outputs[i].Name == name)
            {
                return i;
            }
        }

        throw new ArgumentException($"the signature has no output '{name}'; it has {ModelSignature.Join(signature.Outputs)}");
    }

    private long[] ShapeOf(TensorMetadata expected, scoped ReadOnlySpan<long> dimensions)
    {
        var shape = (long[])expected.Shape.Clone();
        shape[0] = rows;
        var next = 0;
        for (var i = 1; i < shape.Length; i++)
        {
            if (shape[i] == -1 && next < dimensions.Length)
            {
                shape[i] = dimensions[next++];
            }
        }

        if (next != dimensions.Length || shape.AsSpan().ContainsAnyInRange(long.MinValue, -1))
        {
            throw new ArgumentException($"output '{expected.Name}' has shape [{string.Join(',', expected.Shape)}] and was asked for with {dimensions.Length} dimensions; expected one, not negative, for each -1 beyond the batch");
        }

        return shape;
    }

    private void ClearRows(int index, IEnumerable<int> failed)
    {
        var tensor = _tensors[index]!;
        if (tensor.DataType == DataType.Bytes)
        {
            _tensors[index] = WithoutTexts(tensor, failed.ToHashSet());
            return;
        }

        // A tensor given by Set may be an input's memory, which is not ours to write into.
        var data = _rented[index] is { } buffer ? buffer.AsMemory(0, tensor.Data.Length) : tensor.Data.ToArray();
        var rowBytes = tensor.Data.Length / rows;
        foreach (var row in failed)
        {
            data.Span.Slice(row * rowBytes, rowBytes).Clear();
        }

        _tensors[index] = tensor with { Data = data };
    }

    private Tensor WithoutTexts(Tensor tensor, HashSet<int> failed)
    {
        var perRow = tensor.ElementCount / rows;
        var data = new ArrayBufferWriter<byte>(Math.Max(tensor.Data.Length, 1));
        var rest = tensor.Data.Span;
        for (long i = 0; i < tensor.ElementCount; i++)
        {
            var element = rest[..(4 + BinaryPrimitives.ReadInt32LittleEndian(rest))];
            rest = rest[element.Length..];
            data.Write(failed.Contains((int)(i / perRow)) ? [0, 0, 0, 0] : element);
        }

        return tensor with { Data = data.WrittenMemory };
    }

    private static byte[] Encode(IReadOnlyList<string?> texts)
    {
        var size = 0;
        foreach (var text in texts)
        {
            size = checked(size + 4 + Encoding.UTF8.GetByteCount(text ?? ""));
        }

        var data = new byte[size];
        var at = 0;
        foreach (var text in texts)
        {
            var length = Encoding.UTF8.GetBytes(text ?? "", data.AsSpan(at + 4));
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), length);
            at += 4 + length;
        }

        return data;
    }

    private void Return(int index)
    {
        if (_rented[index] is { } buffer)
        {
            _rented[index] = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
