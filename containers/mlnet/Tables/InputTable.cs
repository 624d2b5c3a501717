using Orchestrator.Container.MlNet.Model;

namespace Orchestrator.Container.MlNet.Tables;

/// <summary>The rows of one batch as the columns that a pipeline was trained on: what the request has, and defaults for what it left out. Valid as long as the batch.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Columns">One per column of the schema, in its order; null: of a type that no tensor can hold, defaults.</param>
internal sealed record InputTable(int Rows, IReadOnlyList<InputColumn?> Columns)
{
    /// <summary>The batch's inputs; the SDK has checked their names, datatypes and shapes against the signature.</summary>
    public static InputTable From(IReadOnlyList<PipelineColumn> columns, Batch batch) => new(batch.Rows, [.. columns.Select(column => From(column, batch))]);

    /// <summary>A table of nothing but defaults.</summary>
    public static InputTable OfDefaults(IReadOnlyList<PipelineColumn> columns, int rows) =>
        new(rows, [.. columns.Select(c => c.DataType is { } type ? InputColumn.OfDefaults(type, Math.Max(c.Width, 0)) : null)]);

    private static InputColumn? From(PipelineColumn column, Batch batch)
    {
        if (column.DataType is not { } type)
        {
            return null;
        }

        if (batch.Find(column.Name) is not { } tensor)
        {
            // The library looks for every column that its chain maps, the training's label too, even where no output depends on it.
            return InputColumn.OfDefaults(type, Math.Max(column.Width, 0));
        }

        var width = (int)(tensor.ElementCount / Math.Max(tensor.Rows, 1));
        return type == Protocol.DataType.Bytes ? new TextInput(batch.Texts(column.Name), width) : InputColumn.Of(type, tensor.Data, width);
    }
}
