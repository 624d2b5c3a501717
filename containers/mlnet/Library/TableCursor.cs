using Microsoft.ML;
using Microsoft.ML.Data;
using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Library;

/// <summary>Walks a table once, from the first row to the last.</summary>
internal sealed class TableCursor : DataViewRowCursor
{
    private readonly InputTable _table;
    private readonly bool[] _active;
    private long _position = -1;
    private bool _ended;

    public TableCursor(DataViewSchema schema, InputTable table, IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        (Schema, _table) = (schema, table);
        _active = new bool[schema.Count];
        foreach (var column in columnsNeeded)
        {
            _active[column.Index] = true;
        }
    }

    public override long Position => _position;

    public override long Batch => 0;

    public override DataViewSchema Schema { get; }

    public override bool MoveNext()
    {
        _ended = _ended || _position + 1 >= _table.Rows;
        _position = _ended ? -1 : _position + 1;
        return !_ended;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"column '{column.Name}' was not asked for");
        }

        return Getter(column) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"column '{column.Name}' has the type {column.Type}, whose values are {column.Type.RawType}; they were asked for as {typeof(TValue)}");
    }

    // Hidden columns and such of other types have no column in the table: their default, whatever it is.
    private Delegate Getter(DataViewSchema.Column column) => Find(column) switch
    {
        InputColumn<float> c => Typed(c, column.Type),
        InputColumn<double> c => Typed(c, column.Type),
        InputColumn<bool> c => Typed(c, column.Type),
        InputColumn<ReadOnlyMemory<char>> c => Typed(c, column.Type),
        InputColumn<uint> c => Typed(c, column.Type),
        InputColumn<int> c => Typed(c, column.Type),
        InputColumn<long> c => Typed(c, column.Type),
        InputColumn<ulong> c => Typed(c, column.Type),
        InputColumn<short> c => Typed(c, column.Type),
        InputColumn<ushort> c => Typed(c, column.Type),
        InputColumn<sbyte> c => Typed(c, column.Type),
        InputColumn<byte> c => Typed(c, column.Type),
        _ => (Delegate)typeof(TableCursor).GetMethod(nameof(Default), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(column.Type.RawType).Invoke(null, null)!,
    };

    private InputColumn? Find(DataViewSchema.Column column)
    {
        var index = 0;
        foreach (var other in Schema)
        {
            if (other.Index == column.Index)
            {
                return column.IsHidden ? null : _table.Columns[index];
            }

            index += other.IsHidden ? 0 : 1;
        }

        return null;
    }

    private Delegate Typed<T>(InputColumn<T> source, DataViewType type) => type is VectorDataViewType ? Vector(source) : Scalar(source);

    private ValueGetter<T> Scalar<T>(InputColumn<T> source)
    {
        var element = new T[1];
        return (ref T value) =>
        {
            source.CopyRow((int)_position, element);
            value = element[0];
        };
    }

    private ValueGetter<VBuffer<T>> Vector<T>(InputColumn<T> source) => (ref VBuffer<T> value) =>
    {
        var editor = VBufferEditor.Create(ref value, source.Width);
        source.CopyRow((int)_position, editor.Values);
        value = editor.Commit();
    };

    private static ValueGetter<T> Default<T>() => (ref T value) => value = default!;
}
