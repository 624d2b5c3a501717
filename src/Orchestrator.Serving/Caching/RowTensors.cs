using Orchestrator.Protocol;

namespace Orchestrator.Serving.Caching;

/// <summary>Turns tensors of many rows into rows of many tensors, and back.</summary>
internal static class RowTensors
{
    /// <summary>Each row's tensors, without a copy of the data.</summary>
    /// <exception cref="ProtocolException">A tensor has not that many rows, or its data is malformed.</exception>
    public static Tensor[][] Cut(IReadOnlyList<Tensor> tensors, int rows)
    {
        var ones = new int[rows];
        Array.Fill(ones, 1);
        var cut = new Tensor[rows][];
        for (var row = 0; row < rows; row++)
        {
            cut[row] = new Tensor[tensors.Count];
        }

        for (var t = 0; t < tensors.Count; t++)
        {
            var parts = TensorRows.Split(tensors[t], ones);
            for (var row = 0; row < rows; row++)
            {
                cut[row][t] = parts[row];
            }
        }

        return cut;
    }

    /// <summary>The tensors of all rows, in the first row's order; null if the rows do not fit together: other names, datatypes or shapes.</summary>
    public static Tensor[]? TryJoin(IReadOnlyList<IReadOnlyList<Tensor>> rows)
    {
        var joined = new Tensor[rows[0].Count];
        var column = new Tensor[rows.Count];
        for (var t = 0; t < joined.Length; t++)
        {
            var first = rows[0][t];
            for (var row = 0; row < column.Length; row++)
            {
                if (rows[row].Count != joined.Length || Find(rows[row], first.Name, t) is not { } tensor || !CanStandBeside(first, tensor))
                {
                    return null;
                }

                column[row] = tensor;
            }

            joined[t] = TensorRows.Concat([.. column]);
        }

        return joined;
    }

    /// <summary>Nearly always at the same place; answers to the same outputs asked for in another order have the same key.</summary>
    private static Tensor? Find(IReadOnlyList<Tensor> tensors, string name, int likely)
    {
        if (tensors[likely].Name == name)
        {
            return tensors[likely];
        }

        foreach (var tensor in tensors)
        {
            if (tensor.Name == name)
            {
                return tensor;
            }
        }

        return null;
    }

    private static bool CanStandBeside(Tensor first, Tensor next) =>
        next.Shape.Length > 0 && next.Shape[0] == 1 && first.DataType == next.DataType && first.Shape.AsSpan(1).SequenceEqual(next.Shape.AsSpan(1));
}
