using Microsoft.ML;
using Microsoft.ML.Data;
using Orchestrator.Container.MlNet.Model;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Library;

/// <summary>From a column of the library's schema to ours.</summary>
internal static class ColumnMapper
{
    // The library's names of annotations; its constants are internal.
    private const string SlotNames = "SlotNames";
    private const string TrainingLabelValues = "TrainingLabelValues";
    private const string KeyValues = "KeyValues";

    public static PipelineColumn Map(DataViewSchema.Column column)
    {
        var vector = column.Type as VectorDataViewType;
        var item = vector?.ItemType ?? column.Type;
        return new PipelineColumn
        {
            Name = column.Name,
            TypeName = column.Type.ToString() ?? column.Type.GetType().Name,
            DataType = MapItem(item),
            // The library says 0 where a length differs from row to row.
            Dimensions = vector is null ? [] : [.. vector.Dimensions.Select(d => d == 0 ? -1 : d)],
            KeyTexts = item is KeyDataViewType ? Texts(column, KeyValues) : null,
            ElementNames = vector is { IsKnownSize: true } ? Named(column, vector.Size) : null,
        };
    }

    private static DataType? MapItem(DataViewType item) => item switch
    {
        TextDataViewType => DataType.Bytes,
        BooleanDataViewType => DataType.Bool,
        // A key travels as the unsigned integer behind it.
        NumberDataViewType or KeyDataViewType => MapNumber(item.RawType),
        _ => null,
    };

    private static DataType? MapNumber(Type raw) => Type.GetTypeCode(raw) switch
    {
        TypeCode.SByte => DataType.Int8,
        TypeCode.Byte => DataType.UInt8,
        TypeCode.Int16 => DataType.Int16,
        TypeCode.UInt16 => DataType.UInt16,
        TypeCode.Int32 => DataType.Int32,
        TypeCode.UInt32 => DataType.UInt32,
        TypeCode.Int64 => DataType.Int64,
        TypeCode.UInt64 => DataType.UInt64,
        TypeCode.Single => DataType.Fp32,
        TypeCode.Double => DataType.Fp64,
        _ => null,
    };

    private static string[]? Named(DataViewSchema.Column column, int size) =>
        new[] { SlotNames, TrainingLabelValues }.Select(kind => Texts(column, kind)).FirstOrDefault(names => names?.Length == size);

    private static string[]? Texts(DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind)?.Type is not VectorDataViewType { ItemType: TextDataViewType })
        {
            return null;
        }

        VBuffer<ReadOnlyMemory<char>> values = default;
        column.Annotations.GetValue(kind, ref values);
        return [.. values.DenseValues().Select(text => text.ToString())];
    }
}
