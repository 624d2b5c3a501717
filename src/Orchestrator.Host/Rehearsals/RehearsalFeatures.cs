using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Rehearsals;

/// <summary>Knows every entity: each of its features is 1.5.</summary>
internal sealed class RehearsalFeatures : IFeatureStore
{
    public string? Problem => null;

    public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within) => ValueTask.FromResult(new FeatureRead(
        StoreEnd.Done,
        [.. queries.Select(q => new FeatureRecord(DateTimeOffset.UnixEpoch, [.. q.View.Features.Select(f => new FeatureCell(FeatureText.ToJson(f.Type, "1.5"u8), false))]))]));

    public ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within) => ValueTask.FromResult(StoreEnd.Unavailable);
}
