using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Core.Features;
using StackExchange.Redis;

namespace Orchestrator.Redis.Features;

/// <summary>
/// A hash that any program can write and people can read: <c>HSET {prefix}features:{view}:{entity} {feature} {text} ... _at {unix milliseconds}</c>. An entity of several keys is
/// their values in the view's order, separated by <c>|</c>, with <c>\</c> before a <c>|</c> or <c>\</c> of a value.
/// </summary>
internal sealed class NativeFeatureLayout(string prefix) : IFeatureLayout
{
    private static readonly RedisValue TimeField = "_at";

    /// <summary>A view lives as long as the table that it is part of.</summary>
    private readonly ConditionalWeakTable<FeatureView, RedisValue[]> _fields = [];

    public RedisKey KeyOf(in FeatureQuery query) => KeyOf(query.View, query.Entity);

    public RedisKey KeyOf(FeatureView view, EntityId entity)
    {
        if (entity.Values.Count == 1)
        {
            return $"{prefix}features:{view.Name}:{entity.Values[0]}";
        }

        var key = new StringBuilder(prefix).Append("features:").Append(view.Name).Append(':');
        for (var i = 0; i < entity.Values.Count; i++)
        {
            key.Append(i == 0 ? "" : "|").Append(entity.Values[i].Replace(@"\", @"\\", StringComparison.Ordinal).Replace("|", @"\|", StringComparison.Ordinal));
        }

        return key.ToString();
    }

    public RedisValue[] FieldsOf(FeatureView view) => _fields.GetValue(view, static v => [.. v.Features.Select(f => (RedisValue)f.Name), TimeField]);

    public FeatureRecord Read(FeatureView view, RedisValue[] values)
    {
        var cells = new FeatureCell[view.Features.Count];
        for (var i = 0; i < cells.Length; i++)
        {
            if (!values[i].IsNull)
            {
                var json = FeatureText.ToJson(view.Features[i].Type, (byte[])values[i]!);
                cells[i] = new FeatureCell(json, json is null);
            }
        }

        return new FeatureRecord(ReadTime(values[^1]), cells);
    }

    /// <summary>The fields and values of a row, and the fields that it does not have.</summary>
    public static (HashEntry[] Set, RedisValue[] Gone) Write(FeatureView view, FeatureRow row)
    {
        var set = new List<HashEntry>(view.Features.Count + 1) { new(TimeField, row.At.ToUnixTimeMilliseconds()) };
        var gone = new List<RedisValue>();
        for (var i = 0; i < view.Features.Count; i++)
        {
            if (row.Values[i] is { } value)
            {
                set.Add(new HashEntry(view.Features[i].Name, value));
            }
            else
            {
                gone.Add(view.Features[i].Name);
            }
        }

        return ([.. set], [.. gone]);
    }

    private static DateTimeOffset? ReadTime(RedisValue value)
    {
        const long MostMilliseconds = 253_402_300_799_999; // the year 9999
        return !value.IsNull && long.TryParse((string?)value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is > -MostMilliseconds / 10 and <= MostMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
    }
}
