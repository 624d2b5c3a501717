using System.Text;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Features;

/// <summary>A validated view, ready for use: types resolved, defaults as JSON.</summary>
public sealed class FeatureView
{
    private FeatureView(FeatureViewSpec spec)
    {
        Spec = spec;
        Keys = [.. spec.Entity.Select(k => new EntityKey(k.Name, FeatureTypes.Parse(k.Type)))];
        Features = [.. spec.Features.Select(ToFeature)];
    }

    /// <summary>As it was written.</summary>
    public FeatureViewSpec Spec { get; }

    /// <summary>Its name.</summary>
    public string Name => Spec.Name;

    /// <summary>What a record is found by.</summary>
    public IReadOnlyList<EntityKey> Keys { get; }

    /// <summary>What is read, in the order written.</summary>
    public IReadOnlyList<Feature> Features { get; }

    /// <summary>Makes it ready.</summary>
    /// <param name="spec">Validated.</param>
    public static FeatureView Of(FeatureViewSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new FeatureView(spec);
    }

    /// <summary>An entity, for people: <c>driver_id=7, region=eu</c>.</summary>
    public string Describe(EntityId entity)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return string.Join(", ", Keys.Select((k, i) => $"{k.Name}={Shorten(entity.Values[i])}"));
    }

    private static string Shorten(string text) => text.Length > 60 ? text[..60] + "..." : text;

    private static Feature ToFeature(FeatureSpec spec)
    {
        var type = FeatureTypes.Parse(spec.Type);
        var text = spec.Default is { } value ? FeatureText.Canonical(type, value) : null;
        return new Feature(spec.Name, type, text is null ? null : FeatureText.ToJson(type, Encoding.UTF8.GetBytes(text)), spec.Input ?? spec.Name);
    }
}

/// <summary>A part of what a record is found by.</summary>
/// <param name="Name">Its name in requests and files.</param>
/// <param name="Type">String, Int64 or Int32.</param>
public sealed record EntityKey(string Name, FeatureType Type);

/// <summary>One feature.</summary>
/// <param name="Name">In the store.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Default">JSON; null: there is none.</param>
/// <param name="Input">What it fills.</param>
public sealed record Feature(string Name, FeatureType Type, byte[]? Default, string Input);

/// <summary>Whose features: a canonical text for each key of the view, in its order.</summary>
public sealed class EntityId : IEquatable<EntityId>
{
    private readonly int _hash;

    /// <summary>Names an entity.</summary>
    public EntityId(IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Values = values;
        var hash = new HashCode();
        foreach (var value in values)
        {
            hash.Add(value, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>By key.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <inheritdoc/>
    public bool Equals(EntityId? other) => other is not null && other._hash == _hash && Values.SequenceEqual(other.Values, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EntityId);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
