using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving;

/// <summary>The one holder of the current table. A request copies <see cref="Table"/> to a local once and uses only that.</summary>
public sealed class ServingState
{
    private ServingTable _table = ServingTable.Empty;

    /// <summary>The current table.</summary>
    public ServingTable Table
    {
        get => Volatile.Read(ref _table);
        internal set => Volatile.Write(ref _table, value);
    }
}
