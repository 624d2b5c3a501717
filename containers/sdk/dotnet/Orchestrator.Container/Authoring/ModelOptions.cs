using System.Text.Json;

namespace Orchestrator.Container;

/// <summary>Reads <c>ORCHESTRATOR_OPTIONS</c>; each reader gives null when the option is absent and says what it expected when it is wrong.</summary>
/// <param name="json">A JSON object.</param>
public sealed class ModelOptions(JsonElement json)
{
    /// <summary>All options as they were given.</summary>
    public JsonElement Json => json;

    /// <summary>A string; null when absent.</summary>
    /// <exception cref="ConfigurationException">It is no string.</exception>
    public string? Text(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(name, value, "a string");

    /// <summary>A number; null when absent.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="least">Smallest value allowed.</param>
    /// <param name="most">Largest value allowed.</param>
    /// <exception cref="ConfigurationException">It is no number or out of range.</exception>
    public double? Number(string name, double least = double.MinValue, double most = double.MaxValue)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, value, $"a number{Range(least, most)}");
    }

    /// <summary>A whole number; null when absent.</summary>
    /// <inheritdoc cref="Number"/>
    public int? Whole(string name, int least = int.MinValue, int most = int.MaxValue)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, value, $"a whole number{Range(least, most)}");
    }

    /// <summary>True or false; null when absent.</summary>
    /// <exception cref="ConfigurationException">It is something else.</exception>
    public bool? Flag(string name) => Find(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, value, "true or false"),
    };

    /// <summary>Refuses options that nobody reads, so that a misspelt one is noticed.</summary>
    /// <exception cref="ConfigurationException">There is another one.</exception>
    public void AllowOnly(params IReadOnlyCollection<string> names)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (!names.Contains(property.Name))
            {
                throw new ConfigurationException($"ORCHESTRATOR_OPTIONS has the unknown option '{property.Name}'; expected {string.Join(", ", names)}");
            }
        }
    }

    private JsonElement? Find(string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Range(double least, double most) =>
        least <= int.MinValue && most >= int.MaxValue ? ""
        : most >= int.MaxValue ? FormattableString.Invariant($" of at least {least}")
        : FormattableString.Invariant($" from {least} to {most}");

    private static ConfigurationException Wrong(string name, JsonElement value, string expected) =>
        new($"option '{name}' is {value.GetRawText()}, expected {expected}");
}
