using System.Text;
using Orchestrator.Core.Artefacts;

namespace Orchestrator.Storage.Artefacts;

/// <summary>Which names of files and folders are taken from outside: none that could lead out of the store, on any operating system.</summary>
internal static class ArtefactNames
{
    private const int MaxNameBytes = 255; // what common file systems take
    private const int MaxPathBytes = 2048;

    /// <exception cref="ArtefactStoreException">It is no plain name.</exception>
    public static void CheckName(string name, string what)
    {
        if (FindProblem(name) is { } problem)
        {
            throw new ArtefactStoreException($"{what} '{Printable(name)}' {problem}.");
        }
    }

    /// <summary>The relative path of an archive's entry as segments; none for the root itself (<c>./</c>).</summary>
    /// <exception cref="ArtefactStoreException">It leads out, or is not plain.</exception>
    public static string[] SplitPath(string path)
    {
        if (path.StartsWith('/') || Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            throw new ArtefactStoreException($"Archive entry '{Printable(path)}' is an absolute path or longer than {MaxPathBytes} bytes; expected paths relative to the folder.");
        }

        var segments = path.TrimEnd('/').Split('/').Where((s, i) => !(s == "." && i == 0) && s.Length > 0).ToArray();
        foreach (var segment in segments)
        {
            CheckName(segment, $"Archive entry '{Printable(path)}':");
        }

        return segments;
    }

    private static string? FindProblem(string name) => name switch
    {
        "" => "is empty",
        "." or ".." => "leads to another folder; expected a plain name",
        _ when name.AsSpan().IndexOfAny("/\\") >= 0 => "holds a slash or backslash; expected a plain name",
        _ when name.Any(char.IsControl) => "holds a control character",
        _ when Encoding.UTF8.GetByteCount(name) > MaxNameBytes => $"is longer than {MaxNameBytes} bytes",
        _ => null,
    };

    private static string Printable(string text)
    {
        var shown = string.Concat(text.Take(200).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > 200 ? shown + "..." : shown;
    }
}
