using OpenTelemetry.Metrics;

namespace Orchestrator.Host.Telemetry;

/// <summary>One metric with all its series, accumulated from the deltas that the SDK hands over.</summary>
internal sealed class MetricFamily(string name, string typeName, string help)
{
    public string Name { get; } = name;

    public string TypeName { get; } = typeName;

    public string Help { get; } = help;

    /// <summary>By label text.</summary>
    public Dictionary<string, Series> Series { get; } = [];
}

/// <summary>One line of a metric, or one histogram.</summary>
/// <param name="Labels"><c>a="b",c="d"</c>, escaped; empty for none.</param>
/// <param name="Subject">Whom it is about.</param>
internal sealed record Series(string Labels, SeriesSubject Subject)
{
    /// <summary>Counter or gauge.</summary>
    public double Value { get; set; }

    /// <summary>Histogram: upper bounds without +Inf; null for anything else.</summary>
    public double[]? Bounds { get; set; }

    /// <summary>Histogram: per bucket, not cumulative, the last is +Inf.</summary>
    public long[] Buckets { get; set; } = [];

    public double Sum { get; set; }

    public long Count { get; set; }

    /// <summary>When it was first seen that nothing serves its subject; null while something does.</summary>
    public long? UnservedSince { get; set; }

    /// <summary>The last collection that reported it.</summary>
    public long Collection { get; set; }
}

/// <summary>The labels that say whether a series still means something; null: it has no such label.</summary>
internal readonly record struct SeriesSubject(string? Application, string? Model, string? Version, string? View);
