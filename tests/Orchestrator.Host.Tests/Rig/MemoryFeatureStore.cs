using System.Collections.Concurrent;
using System.Text;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>Features in this process; answers, or does not, as a test says.</summary>
internal sealed class MemoryFeatureStore : IFeatureStore
{
    private readonly ConcurrentDictionary<(string View, string Entity), (DateTimeOffset At, Dictionary<string, string> Values)> _records = new();

    public string? Problem { get; set; }

    public StoreEnd End { get; set; } = StoreEnd.Done;

    /// <summary>What each read asked for.</summary>
    public ConcurrentQueue<string[]> Reads { get; } = new();

    public int Count => _records.Count;

    public void Put(string view, string entity, params (string Name, string Value)[] values) => _records[(view, entity)] = (TimeProvider.System.GetUtcNow(), values.ToDictionary(v => v.Name, v => v.Value));

    public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within)
    {
        Reads.Enqueue([.. queries.Select(q => $"{q.View.Name}/{string.Join('|', q.Entity.Values)}")]);
        return ValueTask.FromResult(new FeatureRead(End, [.. queries.Select(q => End == StoreEnd.Done ? Find(q) : null)]));
    }

    public ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within)
    {
        foreach (var row in rows)
        {
            var values = view.Features.Select((f, i) => (f.Name, Value: row.Values[i])).Where(v => v.Value is not null).ToDictionary(v => v.Name, v => v.Value!);
            _records[(view.Name, string.Join('|', row.Entity.Values))] = (row.At, values);
        }

        return ValueTask.FromResult(End);
    }

    private FeatureRecord Find(FeatureQuery query)
    {
        if (!_records.TryGetValue((query.View.Name, string.Join('|', query.Entity.Values)), out var record))
        {
            return new FeatureRecord(null, new FeatureCell[query.View.Features.Count]);
        }

        return new FeatureRecord(record.At, [.. query.View.Features.Select(f =>
            record.Values.TryGetValue(f.Name, out var text) && FeatureText.ToJson(f.Type, Encoding.UTF8.GetBytes(text)) is var json ? new FeatureCell(json, text is not null && json is null) : default)]);
    }
}
