using Orchestrator.Core.Serving;

namespace Orchestrator.Core.Features;

/// <summary>Keeps features by entity, where several processes reach them. Each call ends within the time it is given, and none throws for what a store or a network can do.</summary>
public interface IFeatureStore
{
    /// <summary>Why the store cannot be asked now, for people; null while it can.</summary>
    string? Problem { get; }

    /// <summary>Reads several records in one round trip.</summary>
    /// <param name="queries">What is looked for.</param>
    /// <param name="within">When the caller goes on without an answer.</param>
    ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within);

    /// <summary>Writes several records of one view in one round trip. A record replaces what was there: features that it does not have are gone.</summary>
    /// <param name="view">Of the native layout.</param>
    /// <param name="rows">What is written.</param>
    /// <param name="within">When the caller goes on without an answer.</param>
    /// <returns>How it ended; after anything but <see cref="StoreEnd.Done"/> some may have been written.</returns>
    ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within);
}

/// <summary>Whose record of which view.</summary>
public readonly record struct FeatureQuery(FeatureView View, EntityId Entity);

/// <summary>What a read brought.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Records">One per query, in order; null where no answer came. Empty when the store was not asked.</param>
public readonly record struct FeatureRead(StoreEnd End, IReadOnlyList<FeatureRecord?> Records);

/// <summary>A record as it was found.</summary>
/// <param name="At">When its values were true; null: it does not say.</param>
/// <param name="Cells">One per feature of the view, in order.</param>
/// <param name="Problem">Why it is no record, for people; null: it is one, or nothing is there.</param>
public sealed record FeatureRecord(DateTimeOffset? At, IReadOnlyList<FeatureCell> Cells, string? Problem = null)
{
    /// <summary>Whether there is anything.</summary>
    public bool IsThere => At is not null || Cells.Any(c => c.Json is not null || c.IsInvalid);
}

/// <summary>A value in the store.</summary>
/// <param name="Json">The value; null: there is none that can be used.</param>
/// <param name="IsInvalid">Something is there, but not of the feature's type.</param>
public readonly record struct FeatureCell(byte[]? Json, bool IsInvalid);

/// <summary>A record to be written.</summary>
/// <param name="Entity">Whose.</param>
/// <param name="At">When its values were true.</param>
/// <param name="Values">One per feature of the view, in order, as <see cref="FeatureText.Canonical(FeatureType, string)"/>; null: it has none.</param>
public sealed record FeatureRow(EntityId Entity, DateTimeOffset At, IReadOnlyList<string?> Values);

/// <summary>Stands in where no store is configured.</summary>
public sealed class NoFeatureStore : IFeatureStore
{
    /// <inheritdoc/>
    public string Problem => "no Redis is configured; start the orchestrator with --redis HOST:PORT";

    /// <inheritdoc/>
    public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within) => ValueTask.FromResult(new FeatureRead(StoreEnd.Unavailable, []));

    /// <inheritdoc/>
    public ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within) => ValueTask.FromResult(StoreEnd.Unavailable);
}
