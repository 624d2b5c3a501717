using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Cluster;

/// <summary>
/// Equality of specs by content: the generated equality of records compares their lists by reference. The order of dictionary keys does not count, that of lists does,
/// and a local path does not count beside a digest.
/// </summary>
public static class SpecComparer
{
    /// <summary>Whether two versions ask for the same.</summary>
    public static bool Equal(ModelVersionSpec left, ModelVersionSpec right) =>
        ReferenceEquals(left, right) || Same(WithoutPath(left), WithoutPath(right), CoreJson.Default.ModelVersionSpec);

    /// <summary>Whether two models ask for the same, their versions included.</summary>
    public static bool Equal(ModelSpec left, ModelSpec right) =>
        ReferenceEquals(left, right) || Same(WithoutPaths(left), WithoutPaths(right), CoreJson.Default.ModelSpec);

    /// <summary>Whether two applications ask for the same.</summary>
    public static bool Equal(ApplicationSpec left, ApplicationSpec right) =>
        ReferenceEquals(left, right) || Same(left, right, CoreJson.Default.ApplicationSpec);

    /// <summary>Whether two clusters ask for the same.</summary>
    public static bool Equal(ClusterSpec left, ClusterSpec right) =>
        ReferenceEquals(left, right) || Same(WithoutPaths(left), WithoutPaths(right), CoreJson.Default.ClusterSpec);

    private static bool Same<T>(T left, T right, JsonTypeInfo<T> type) => Canonical(left, type).AsSpan().SequenceEqual(Canonical(right, type));

    private static byte[] Canonical<T>(T value, JsonTypeInfo<T> type) => CanonicalJson.Of(JsonSerializer.SerializeToElement(value, type));

    private static ModelVersionSpec WithoutPath(ModelVersionSpec version) =>
        version.Artefact is { Digest: not null, Path: not null } ? version with { Artefact = version.Artefact with { Path = null } } : version;

    private static ModelSpec WithoutPaths(ModelSpec model) => model with { Versions = [.. model.Versions.Select(WithoutPath)] };

    private static ClusterSpec WithoutPaths(ClusterSpec cluster) => cluster with { Models = [.. cluster.Models.Select(WithoutPaths)] };
}
