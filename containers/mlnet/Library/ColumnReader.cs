using Microsoft.ML;
using Microsoft.ML.Data;
using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Library;

/// <summary>Makes the step that appends a cursor's current row to a column of ours.</summary>
internal static class ColumnReader
{
    public static Action Create(DataViewRowCursor cursor, DataViewSchema.Column column, OutputColumn output) => output switch
    {
        OutputColumn<float> o => Typed(cursor, column, o),
        OutputColumn<double> o => Typed(cursor, column, o),
        OutputColumn<bool> o => Typed(cursor, column, o),
        OutputColumn<ReadOnlyMemory<char>> o => Typed(cursor, column, o),
        OutputColumn<uint> o => Typed(cursor, column, o),
        OutputColumn<int> o => Typed(cursor, column, o),
        OutputColumn<long> o => Typed(cursor, column, o),
        OutputColumn<ulong> o => Typed(cursor, column, o),
        OutputColumn<short> o => Typed(cursor, column, o),
        OutputColumn<ushort> o => Typed(cursor, column, o),
        OutputColumn<sbyte> o => Typed(cursor, column, o),
        OutputColumn<byte> o => Typed(cursor, column, o),
        _ => throw new NotSupportedException($"column '{column.Name}' has the type {column.Type}"),
    };

    private static Action Typed<T>(DataViewRowCursor cursor, DataViewSchema.Column column, OutputColumn<T> output) =>
        column.Type is VectorDataViewType ? Vector(cursor.GetGetter<VBuffer<T>>(column), output) : Scalar(cursor.GetGetter<T>(column), output);

    private static Action Scalar<T>(ValueGetter<T> get, OutputColumn<T> output)
    {
        var element = new T[1];
        return () =>
        {
            get(ref element[0]);
            output.Append(element);
        };
    }

    private static Action Vector<T>(ValueGetter<VBuffer<T>> get, OutputColumn<T> output)
    {
        VBuffer<T> row = default;
        T[] dense = [];
        return () =>
        {
            get(ref row);
            if (row.IsDense)
            {
                output.Append(row.GetValues());
                return;
            }

            if (dense.Length < row.Length)
            {
                dense = new T[row.Length];
            }

            row.CopyTo(dense.AsSpan(0, row.Length));
            output.Append(dense.AsSpan(0, row.Length));
        };
    }
}
