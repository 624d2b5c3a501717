using System.Buffers;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Collects mistakes, in words that are the same everywhere.</summary>
internal sealed class SpecErrors
{
    private readonly List<SpecError> _errors = [];

    public IReadOnlyList<SpecError> All => _errors;

    public void Add(string path, string message) => _errors.Add(new SpecError(path, message));

    public void CheckRange(string path, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            Add(path, $"{value} is out of range; expected {least} to {most}.");
        }
    }

    public void CheckRange(string path, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            Add(path, $"{FormatSigned(value)} is out of range; expected {Durations.Format(least)} to {Durations.Format(most)}.");
        }
    }

    public void CheckKnown(string path, string what, string value, IReadOnlyCollection<string> known)
    {
        if (!known.Contains(value))
        {
            Add(path, $"unknown {what} '{value}'{Suggestion.For(value, known)}; expected one of {string.Join(", ", known)}.");
        }
    }

    /// <summary>Null, because JSON from outside may hold it where no spec of ours would.</summary>
    /// <returns>Whether it is one to look into.</returns>
    public bool CheckPresent(string path, object? value)
    {
        if (value is null)
        {
            Add(path, "is null; expected a value.");
        }

        return value is not null;
    }

    /// <summary>Every value that appears more than once, at each place but the first.</summary>
    public void CheckUnique(IEnumerable<(string Path, string Value)> values, string what)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, value) in values)
        {
            if (!seen.TryAdd(value, path))
            {
                Add(path, $"{what} '{value}' is given twice, first at {seen[value]}; expected each once.");
            }
        }
    }

    private static string FormatSigned(TimeSpan value) => value < TimeSpan.Zero ? "-" + Durations.Format(value.Negate()) : Durations.Format(value);
}

/// <summary>Names of clusters, models, versions and applications: safe in a URL, a file name, a label and a log line.</summary>
internal static class NameRule
{
    public const int MaxLength = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    public static bool Check(SpecErrors errors, string path, string? name)
    {
        var problem = name switch
        {
            null or "" => "is missing",
            { Length: > MaxLength } => $"has {name.Length} characters",
            _ when name.AsSpan().IndexOfAnyExcept(Allowed) is var at and >= 0 => $"'{name}' holds '{Printable(name[at])}'",
            _ when !char.IsAsciiLetterOrDigit(name[0]) => $"'{name}' begins with '{name[0]}'",
            _ => null,
        };
        if (problem is not null)
        {
            errors.Add(path, $"{problem}; expected 1 to {MaxLength} letters, digits, '-', '_' and '.', beginning with a letter or digit.");
        }

        return problem is null;
    }

    private static string Printable(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : c.ToString();
}
