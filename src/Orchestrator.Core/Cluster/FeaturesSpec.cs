using System.Text.Json;

namespace Orchestrator.Core.Cluster;

/// <summary>What an application looks up when a request names an entity instead of giving every input.</summary>
public sealed record FeaturesSpec
{
    /// <summary>The part of the SLO's latency that a look-up may take when <see cref="Budget"/> says nothing.</summary>
    public const double DefaultBudgetShare = 0.25;

    /// <summary>How long one look-up may take, all views together; null: a quarter of the SLO's latency.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>For a model whose one input is a row of several elements: their names, in the model's order; empty: the features, in the order they are written.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Where features come from.</summary>
    public IReadOnlyList<FeatureViewSpec> Views { get; init; } = [];
}

/// <summary>Features that are kept together, one record for each entity.</summary>
public sealed record FeatureViewSpec
{
    /// <summary>A value of <see cref="Layout"/>: a hash for each entity, values as text.</summary>
    public const string NativeLayout = "native";

    /// <summary>A value of <see cref="Layout"/>: what Feast's Redis online store writes.</summary>
    public const string FeastLayout = "feast";

    /// <summary>Names the records; views of one name in several applications are the same records.</summary>
    public required string Name { get; init; }

    /// <summary>What a record is found by; several for a key of parts.</summary>
    public IReadOnlyList<EntityKeySpec> Entity { get; init; } = [];

    /// <summary>What is read.</summary>
    public IReadOnlyList<FeatureSpec> Features { get; init; } = [];

    /// <summary>A record older than this is not used; null: age does not matter.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary><c>native</c> or <c>feast</c>. Default <c>native</c>.</summary>
    public string Layout { get; init; } = NativeLayout;

    /// <summary>For <c>feast</c>: the project of the feature repository.</summary>
    public string? Project { get; init; }
}

/// <summary>A part of what a record is found by.</summary>
public sealed record EntityKeySpec
{
    /// <summary>Default of <see cref="Type"/>.</summary>
    public const string DefaultType = "string";

    /// <summary>Its name in requests and files.</summary>
    public required string Name { get; init; }

    /// <summary><c>string</c>, <c>int64</c> or <c>int32</c>. Default <c>string</c>, which takes whole numbers too.</summary>
    public string Type { get; init; } = DefaultType;
}

/// <summary>One feature.</summary>
public sealed record FeatureSpec
{
    /// <summary>Its name in the store and in files.</summary>
    public required string Name { get; init; }

    /// <summary><c>bool</c>, <c>int32</c>, <c>int64</c>, <c>float</c>, <c>double</c> or <c>string</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Used when the store has no value that may be used, in time; null: there is none, such a request fails.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>The model's input (or column) that it fills; null: the one of its own name.</summary>
    public string? Input { get; init; }
}
