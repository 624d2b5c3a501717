using System.Text;
using System.Text.Json;

namespace Orchestrator.Serving.Prediction;

/// <summary>Which parameters of a request reach the container: all but those that are meant for us or for the wire.</summary>
internal sealed class RequestParameters
{
    private static readonly HashSet<string> Reserved = ["timeout", "priority", "id", "headers"];

    private RequestParameters(SortedDictionary<string, JsonElement> forwarded)
    {
        Forwarded = forwarded;
        var text = new StringBuilder();
        foreach (var (name, value) in forwarded)
        {
            var raw = value.GetRawText();
            text.Append(name.Length).Append(':').Append(name).Append(raw.Length).Append(':').Append(raw);
        }

        Text = text.ToString();
    }

    /// <summary>By name, sorted.</summary>
    public IReadOnlyDictionary<string, JsonElement> Forwarded { get; }

    /// <summary>The same parameters have the same text, whatever their order: part of the cache key, and of what may ride in one batch.</summary>
    public string Text { get; }

    /// <summary>Those of a request; null if none is forwarded.</summary>
    public static RequestParameters? Of(IReadOnlyDictionary<string, JsonElement>? all)
    {
        if (all is null || all.Count == 0)
        {
            return null;
        }

        var forwarded = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in all)
        {
            if (!Reserved.Contains(name) && !name.StartsWith("sequence_", StringComparison.Ordinal) && !name.StartsWith("binary_", StringComparison.Ordinal))
            {
                forwarded[name] = value;
            }
        }

        return forwarded.Count == 0 ? null : new RequestParameters(forwarded);
    }
}
