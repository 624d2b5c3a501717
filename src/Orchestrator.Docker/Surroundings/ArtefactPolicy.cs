using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Surroundings;

/// <summary>How an artefact gets into a container.</summary>
/// <param name="Mount">What is mounted; null: nothing.</param>
/// <param name="Path">Where the container finds it; null: there is none.</param>
/// <param name="IsCopied">It must be copied to <paramref name="Path"/> before the start: the engine cannot see our disk.</param>
internal sealed record ArtefactDelivery(Mount? Mount, string? Path, bool IsCopied)
{
    public static ArtefactDelivery None { get; } = new(null, null, false);
}

/// <summary>Decides how an artefact gets into a container. Pure.</summary>
internal static class ArtefactPolicy
{
    /// <summary>Folder of the artefact in a container.</summary>
    public const string Folder = "/artefact";

    /// <param name="surroundings">How this process and the engine stand to each other.</param>
    /// <param name="path">Where the artefact lies for us; null: there is none.</param>
    public static ArtefactDelivery Decide(EngineSurroundings surroundings, string? path)
    {
        if (path is null)
        {
            return ArtefactDelivery.None;
        }

        // Its own name stays: endings tell frameworks what a file is.
        var target = $"{Folder}/{Path.GetFileName(path)}";
        if (surroundings.Own is { } own)
        {
            return FindMount(own, path) is { } mount ? Translate(surroundings, mount, path, target) : Copy(target);
        }

        return surroundings.IsNative
            ? new ArtefactDelivery(new Mount { Type = "bind", Source = path, Target = target, ReadOnly = true }, target, IsCopied: false)
            : Copy(target);
    }

    // The nearest mount around the path: a volume for artefacts inside one for the whole state is taken before that.
    private static MountPoint? FindMount(OwnContainer own, string path) => own.Mounts
        .Where(m => m.Destination is { Length: > 0 } && m.Type is "bind" or "volume" && path.StartsWith(m.Destination.TrimEnd('/') + "/", StringComparison.Ordinal))
        .MaxBy(m => m.Destination!.Length);

    private static ArtefactDelivery Translate(EngineSurroundings surroundings, MountPoint mount, string path, string target)
    {
        var inside = path[mount.Destination!.TrimEnd('/').Length..];
        if (mount.Type == "bind")
        {
            return new ArtefactDelivery(new Mount { Type = "bind", Source = mount.Source!.TrimEnd('/') + inside, Target = target, ReadOnly = true }, target, IsCopied: false);
        }

        return surroundings.Version >= ApiVersion.VolumeSubpaths
            ? new ArtefactDelivery(
                new Mount { Type = "volume", Source = mount.Name, Target = target, ReadOnly = true, VolumeOptions = new VolumeOptions { Subpath = inside.TrimStart('/') } }, target, IsCopied: false)
            : new ArtefactDelivery(new Mount { Type = "volume", Source = mount.Name, Target = Folder, ReadOnly = true }, Folder + inside, IsCopied: false);
    }

    // On a volume without a name, for the root is read-only; it goes with the container.
    private static ArtefactDelivery Copy(string target) => new(new Mount { Type = "volume", Target = Folder }, target, IsCopied: true);
}
