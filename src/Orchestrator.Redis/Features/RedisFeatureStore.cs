using System.Collections.Frozen;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis.Features;

/// <summary>Features in Redis, on a connection of their own: a large answer on its way to the cache must not delay a look-up.</summary>
internal sealed class RedisFeatureStore : IFeatureStore
{
    /// <summary>A quarter of what may be without a reply.</summary>
    private const int MostAtOnce = RedisOptions.DefaultMostPendingCalls / 4;

    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly NativeFeatureLayout _native;
    private readonly FrozenDictionary<string, IFeatureLayout> _layouts;

    public RedisFeatureStore(RedisConnection connection, RedisOptions options, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _native = new NativeFeatureLayout(options.KeyPrefix);
        _layouts = new Dictionary<string, IFeatureLayout>
        {
            [FeatureViewSpec.NativeLayout] = _native,
            [FeatureViewSpec.FeastLayout] = new FeastFeatureLayout(),
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Kept open by whoever registers this.</summary>
    public RedisConnection Connection => _connection;

    public string? Problem => _connection.Problem;

    public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within) =>
        queries.Count <= MostAtOnce ? ReadOnceAsync(queries, within) : ReadInPartsAsync(queries, within);

    /// <summary>Large batches leave room for others: one part after the other, in the time given to all.</summary>
    private async ValueTask<FeatureRead> ReadInPartsAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within)
    {
        var began = _time.GetTimestamp();
        var records = new FeatureRecord?[queries.Count];
        var done = 0;
        foreach (var part in queries.Chunk(MostAtOnce))
        {
            var left = within - _time.GetElapsedTime(began);
            var read = left > TimeSpan.Zero ? await ReadOnceAsync(part, left) : new FeatureRead(StoreEnd.TimedOut, []);
            for (var i = 0; i < read.Records.Count; i++)
            {
                records[done + i] = read.Records[i];
            }

            done += part.Length;
            if (read.End != StoreEnd.Done)
            {
                return new FeatureRead(read.End, records);
            }
        }

        return new FeatureRead(StoreEnd.Done, records);
    }

    private async ValueTask<FeatureRead> ReadOnceAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within)
    {
        if (_connection.Link is not { } link)
        {
            return new FeatureRead(StoreEnd.Unavailable, []);
        }

        if (!link.TryEnter(queries.Count, 0))
        {
            return new FeatureRead(StoreEnd.Full, []);
        }

        var calls = new Task<RedisValue[]>[queries.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            var layout = LayoutOf(queries[i].View);
            var key = layout.KeyOf(queries[i]);
            var fields = layout.FieldsOf(queries[i].View);
            calls[i] = LinkCalls.Send(link, 0, database => database.HashGetAsync(key, fields));
        }

        var end = await LinkCalls.EndOfAsync(calls, within, _time);
        var records = new FeatureRecord?[calls.Length];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = calls[i].IsCompletedSuccessfully ? LayoutOf(queries[i].View).Read(queries[i].View, await calls[i])
                : LinkCalls.IsOfAnotherKind(calls[i]) ? NoHash(queries[i].View)
                : null;
        }

        return new FeatureRead(end, records);
    }

    public async ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within)
    {
        if (view.Spec.Layout != FeatureViewSpec.NativeLayout)
        {
            throw new ArgumentException($"layout {view.Spec.Layout} is only read here", nameof(view));
        }

        if (_connection.Link is not { } link)
        {
            return StoreEnd.Unavailable;
        }

        if (!link.TryEnter(2 * rows.Count, rows.Sum(BytesOf)))
        {
            return StoreEnd.Full;
        }

        var calls = new Task[2 * rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            var key = _native.KeyOf(view, rows[i].Entity);
            var (set, gone) = NativeFeatureLayout.Write(view, rows[i]);

            // What is gone goes first: a reader in between misses values, and never sees old ones under the new time.
            calls[2 * i] = gone.Length == 0 ? Unneeded(link) : LinkCalls.Send(link, 0, database => database.HashDeleteAsync(key, gone));
            calls[(2 * i) + 1] = LinkCalls.Send(link, BytesOf(rows[i]), database => SetAsync(database, key, set));
        }

        var end = await LinkCalls.EndOfAsync(calls, within, _time);
        return end == StoreEnd.Done && Array.Exists(calls, LinkCalls.IsOfAnotherKind) ? StoreEnd.Unavailable : end;
    }

    private IFeatureLayout LayoutOf(FeatureView view) => _layouts[view.Spec.Layout];

    private static async Task<bool> SetAsync(IDatabase database, RedisKey key, HashEntry[] values)
    {
        await database.HashSetAsync(key, values);
        return true;
    }

    private static long BytesOf(FeatureRow row) => row.Values.Sum(v => (long)(v?.Length ?? 0));

    private static Task Unneeded(RedisLink link)
    {
        link.LeaveUnused(0);
        return Task.CompletedTask;
    }

    private static FeatureRecord NoHash(FeatureView view) => new(null, new FeatureCell[view.Features.Count], "the key holds something else than a hash");
}
