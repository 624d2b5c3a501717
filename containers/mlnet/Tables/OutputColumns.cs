using Orchestrator.Container.MlNet.Model;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Tables;

/// <summary>Empty columns for what is to be answered.</summary>
internal static class OutputColumns
{
    public static IReadOnlyList<OutputColumn> Create(IReadOnlyList<PipelineColumn> columns) => [.. columns.Select(Create)];

    private static OutputColumn Create(PipelineColumn column) => (column.DataType, column.KeyTexts) switch
    {
        (DataType.UInt8, { } texts) => new KeyOutput<byte>(column.Name, column.Width, texts),
        (DataType.UInt16, { } texts) => new KeyOutput<ushort>(column.Name, column.Width, texts),
        (DataType.UInt32, { } texts) => new KeyOutput<uint>(column.Name, column.Width, texts),
        (DataType.UInt64, { } texts) => new KeyOutput<ulong>(column.Name, column.Width, texts),
        (DataType.Bytes, _) => new TextOutput(column.Name, column.Width),
        (DataType.Bool, _) => new ValueOutput<bool>(column.Name, column.Width),
        (DataType.Int8, _) => new ValueOutput<sbyte>(column.Name, column.Width),
        (DataType.UInt8, _) => new ValueOutput<byte>(column.Name, column.Width),
        (DataType.Int16, _) => new ValueOutput<short>(column.Name, column.Width),
        (DataType.UInt16, _) => new ValueOutput<ushort>(column.Name, column.Width),
        (DataType.Int32, _) => new ValueOutput<int>(column.Name, column.Width),
        (DataType.UInt32, _) => new ValueOutput<uint>(column.Name, column.Width),
        (DataType.Int64, _) => new ValueOutput<long>(column.Name, column.Width),
        (DataType.UInt64, _) => new ValueOutput<ulong>(column.Name, column.Width),
        (DataType.Fp32, _) => new ValueOutput<float>(column.Name, column.Width),
        (DataType.Fp64, _) => new ValueOutput<double>(column.Name, column.Width),
        _ => throw new NotSupportedException($"ML.NET has no column of {column.TypeName} that a tensor could hold"),
    };
}
