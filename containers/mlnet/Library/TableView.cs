using Microsoft.ML;
using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Library;

/// <summary>A table of ours as the library's view over data: the loaded schema as it is, annotations and all, and the batch's memory without a copy.</summary>
internal sealed class TableView(DataViewSchema schema, InputTable table) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => schema;

    public long? GetRowCount() => table.Rows;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new TableCursor(schema, table, columnsNeeded);

    // One cursor however many are wanted: rows keep their order, and a batch is too small to divide.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
