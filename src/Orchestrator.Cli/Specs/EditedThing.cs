using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Specs;

/// <summary>What a command without a file changes.</summary>
/// <param name="Model">A model, with the version if one is changed.</param>
/// <param name="Version">Null: of the model only what it says of itself.</param>
/// <param name="Application">Or an application.</param>
internal sealed record EditedThing(string? Model, string? Version = null, string? Application = null)
{
    /// <summary>The name of the model at that index of the spec; the status lists them as the spec does, and a new one stands at the end.</summary>
    public string? ModelAt(ClusterStatus status, int index) =>
        index < status.Models.Count ? status.Models[index].Name : status.Models.Any(m => m.Name == Model) ? null : Model;

    /// <summary>The same for a version of a model.</summary>
    public string? VersionAt(ClusterStatus status, int model, int index)
    {
        var versions = model < status.Models.Count ? status.Models[model].Versions : [];
        return index < versions.Count ? versions[index].Spec.Version
            : ModelAt(status, model) != Model || versions.Any(v => v.Spec.Version == Version) ? null : Version;
    }

    /// <summary>The same for an application.</summary>
    public string? ApplicationAt(ClusterStatus status, int index) =>
        index < status.Applications.Count ? status.Applications[index].Spec.Name : status.Applications.Any(a => a.Spec.Name == Application) ? null : Application;
}
