using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;

namespace Orchestrator.Control.Desired;

/// <summary>Says for people how two desired states differ, one line per change; no line: nothing to write. The order of models, versions and applications does not count.</summary>
internal static class SpecDiff
{
    public static IReadOnlyList<string> Lines(ClusterSpec before, ClusterSpec after)
    {
        var lines = new List<string>();
        if (before.Name != after.Name)
        {
            lines.Add($"cluster: name {before.Name} -> {after.Name}");
        }

        if (before.Runtime != after.Runtime)
        {
            lines.Add($"cluster: runtime {before.Runtime} -> {after.Runtime}");
        }

        if (before.OnShutdown != after.OnShutdown)
        {
            lines.Add($"cluster: onShutdown {before.OnShutdown} -> {after.OnShutdown}");
        }

        Compare(before.Models, after.Models, m => m.Name, "model", lines, (a, b) => CompareModel(a, b, lines), DescribeModel);
        Compare(before.Applications, after.Applications, a => a.Name, "application", lines, (a, b) => AddChanges($"application {b.Name}", a, b, CoreJson.Default.ApplicationSpec, lines), _ => "");
        return lines;
    }

    private static void CompareModel(ModelSpec before, ModelSpec after, List<string> lines)
    {
        var prefix = $"model {after.Name}";
        var fields = (Before: before with { Versions = [] }, After: after with { Versions = [] });
        Compare(before.Versions, after.Versions, v => v.Version, $"{prefix}: version", lines,
            (a, b) => CompareVersion($"{prefix}: version {b.Version}", a, b, lines), _ => "");
        AddChanges(prefix, fields.Before, fields.After, CoreJson.Default.ModelSpec, lines);
    }

    private static void CompareVersion(string prefix, ModelVersionSpec before, ModelVersionSpec after, List<string> lines)
    {
        if (!SpecComparer.Equal(before, after))
        {
            AddChanges(prefix, before, after, CoreJson.Default.ModelVersionSpec, lines);
        }
    }

    private static string DescribeModel(ModelSpec model) =>
        $" with version{(model.Versions.Count == 1 ? "" : "s")} {string.Join(", ", model.Versions.Select(v => v.Version))}, current {model.CurrentVersion}";

    private static void Compare<T>(
        IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, string> name, string what, List<string> lines, Action<T, T> compare, Func<T, string> describe)
    {
        foreach (var item in after)
        {
            var old = before.FirstOrDefault(b => name(b) == name(item));
            if (old is null)
            {
                lines.Add($"{what} {name(item)} added{describe(item)}");
            }
            else
            {
                compare(old, item);
            }
        }

        lines.AddRange(before.Where(b => after.All(a => name(a) != name(b))).Select(b => $"{what} {name(b)} removed"));
    }

    // By field of the one JSON form, so that a field added to a spec is compared without a word here.
    private static void AddChanges<T>(string prefix, T before, T after, JsonTypeInfo<T> type, List<string> lines)
    {
        var (a, b) = (JsonSerializer.SerializeToNode(before, type)!.AsObject(), JsonSerializer.SerializeToNode(after, type)!.AsObject());
        var changes = a.Select(p => p.Key).Union(b.Select(p => p.Key))
            .Where(key => !JsonNode.DeepEquals(a[key], b[key]))
            .Select(key => $"{key} {Show(a[key])} -> {Show(b[key])}")
            .ToList();
        if (changes.Count > 0)
        {
            lines.Add($"{prefix}: {string.Join(", ", changes)}");
        }
    }

    private static string Show(JsonNode? node) => node is null ? "unset" : node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node.ToJsonString();
}
