using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Commands;

/// <summary>Looks up what the user named; an unknown name gets what exists and what was probably meant.</summary>
internal static class Names
{
    public static async Task<ModelStatus> FindModelAsync(this Session session, string model, CancellationToken stop)
    {
        var models = await session.Admin.ModelsAsync(stop);
        return models.FirstOrDefault(m => m.Name == model) ?? throw Unknown("model", model, models.Select(m => m.Name));
    }

    public static async Task<(ModelStatus Model, VersionStatus Version)> FindVersionAsync(this Session session, string model, string? version, CancellationToken stop)
    {
        var found = await session.FindModelAsync(model, stop);
        version ??= found.CurrentVersion;
        return (found, found.Versions.FirstOrDefault(v => v.Spec.Version == version) ?? throw Unknown($"version of {model}:", version, found.Versions.Select(v => v.Spec.Version)));
    }

    public static async Task<ApplicationStatus> FindApplicationAsync(this Session session, string application, CancellationToken stop)
    {
        var applications = await session.Admin.ApplicationsAsync(stop);
        return applications.FirstOrDefault(a => a.Spec.Name == application) ?? throw Unknown("application", application, applications.Select(a => a.Spec.Name));
    }

    public static CliException Unknown(string kind, string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        var list = names.Count == 0 ? "There is none yet." : $"Known: {string.Join(", ", names.Order(StringComparer.Ordinal))}.";
        return new CliException(ExitCodes.Failed, $"There is no {kind} '{name}'{Suggestion.For(name, names)}. {list}");
    }
}
