namespace Orchestrator.Core.Features;

/// <summary>What a feature's values are.</summary>
public enum FeatureType
{
    /// <summary><c>bool</c>: true or false.</summary>
    Bool,
    /// <summary><c>int32</c>.</summary>
    Int32,
    /// <summary><c>int64</c>.</summary>
    Int64,
    /// <summary><c>float</c>: 32 bits.</summary>
    Float,
    /// <summary><c>double</c>: 64 bits.</summary>
    Double,
    /// <summary><c>string</c>: text.</summary>
    String,
}

/// <summary>Names of feature types, as specs write them.</summary>
public static class FeatureTypes
{
    /// <summary>By value.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bool", "int32", "int64", "float", "double", "string"];

    /// <summary>Those that an entity key may have.</summary>
    public static IReadOnlyList<string> KeyNames { get; } = ["string", "int64", "int32"];

    /// <summary>The type of that name.</summary>
    /// <exception cref="ArgumentException">There is none: the spec was not validated.</exception>
    public static FeatureType Parse(string name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
            {
                return (FeatureType)i;
            }
        }

        throw new ArgumentException($"'{name}' is no type of a feature", nameof(name));
    }

    /// <summary>What a value must be, for messages.</summary>
    public static string Expected(FeatureType type) => type switch
    {
        FeatureType.Bool => "true or false",
        FeatureType.Int32 => "a whole number from -2147483648 to 2147483647 (int32)",
        FeatureType.Int64 => "a whole number of 64 bits (int64)",
        FeatureType.Float => "a number that fits 32 bits, such as 0.5 (float)",
        FeatureType.Double => "a number, such as 0.5 (double)",
        _ => $"text of at most {FeatureText.MostCharacters} characters (string)",
    };
}
