using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Desired;

/// <summary>Edits of the desired state as pure functions. They check what only the edit can know; whether the outcome is a valid cluster is the validator's business.</summary>
internal static class SpecEdits
{
    /// <summary>
    /// The cluster becomes what the file says, with one addition: of each model that stays, the version that rollback goes to is kept, not live, if the file no longer
    /// lists it. That is the one that serves until the rollout is over; once the file's version serves, the one before it. Everything else the file lacks is removed, or,
    /// with <see cref="ApplyMode.KeepOthers"/>, stays: models and applications that it does not name, and of its own models the versions that such applications name.
    /// </summary>
    public static EditOutcome Apply(RegistrySnapshot now, ClusterSpec file, ApplyMode mode)
    {
        var applied = file with { Models = [.. file.Models.Select(m => WithRollbackTarget(now, m))] };
        return EditOutcome.To(mode == ApplyMode.KeepOthers ? WithOthers(now.Desired, applied) : applied);
    }

    public static EditOutcome Deploy(RegistrySnapshot now, string model, DeployRequest request)
    {
        if (request.Version is not { } spec)
        {
            return EditOutcome.Invalid("version", "is missing: expected the spec of the version to deploy");
        }

        if (now.Desired.FindModel(model) is not { } existing)
        {
            return EditOutcome.To(now.Desired with
            {
                Models = [.. now.Desired.Models, new ModelSpec { Name = model, CurrentVersion = spec.Version, Versions = [spec] }],
            });
        }

        var versions = existing.FindVersion(spec.Version) is null
            ? existing.Versions.Append(spec)
            : existing.Versions.Select(v => v.Version == spec.Version ? spec : v);
        return EditOutcome.To(Replace(now.Desired, existing with
        {
            Versions = [.. versions],
            CurrentVersion = request.MakeCurrent ? spec.Version : existing.CurrentVersion,
        }));
    }

    /// <summary>Without a version: away from a rollout that is not over, back to what serves; else to what served before.</summary>
    public static EditOutcome Rollback(RegistrySnapshot now, string model, string? version)
    {
        if (now.Desired.FindModel(model) is not { } existing)
        {
            return UnknownModel(now.Desired, model);
        }

        var observed = now.Observed.Models.GetValueOrDefault(model);
        var target = version ?? RollbackTarget(existing.CurrentVersion, observed);
        if (target is null)
        {
            return EditOutcome.Conflict($"model {model} has nothing to roll back to: {Alternatives(existing, "no other version of it has served yet")}");
        }

        if (existing.FindVersion(target) is null)
        {
            return version is null
                ? EditOutcome.Conflict($"version {target} of model {model}, which served before, is no longer known; {Alternatives(existing, null)}")
                : UnknownVersion(existing, target);
        }

        return EditOutcome.To(Replace(now.Desired, existing with { CurrentVersion = target }));
    }

    public static EditOutcome Scale(RegistrySnapshot now, ModelVersionId id, int replicas)
    {
        if (now.Desired.FindModel(id.Model) is not { } model)
        {
            return UnknownModel(now.Desired, id.Model);
        }

        return model.FindVersion(id.Version) is null
            ? UnknownVersion(model, id.Version)
            : EditOutcome.To(Replace(now.Desired, model with
            {
                Versions = [.. model.Versions.Select(v => v.Version == id.Version ? v with { Replicas = replicas } : v)],
            }));
    }

    public static EditOutcome RemoveModel(RegistrySnapshot now, string model)
    {
        if (now.Desired.FindModel(model) is null)
        {
            return UnknownModel(now.Desired, model);
        }

        var users = now.Desired.Applications.Where(a => a.Selection.Targets.Any(t => t.Model == model)).Select(a => a.Name).ToList();
        return users.Count > 0
            ? EditOutcome.Conflict($"model {model} is used by {Plural("application", users)}: remove or change {(users.Count == 1 ? "it" : "them")} first")
            : EditOutcome.To(now.Desired with { Models = [.. now.Desired.Models.Where(m => m.Name != model)] });
    }

    public static EditOutcome RemoveVersion(RegistrySnapshot now, ModelVersionId id)
    {
        if (now.Desired.FindModel(id.Model) is not { } model)
        {
            return UnknownModel(now.Desired, id.Model);
        }

        if (model.FindVersion(id.Version) is null)
        {
            return UnknownVersion(model, id.Version);
        }

        if (model.CurrentVersion == id.Version)
        {
            return EditOutcome.Conflict($"version {id.Version} is the current one of model {id.Model}: make another one current first, or remove the model");
        }

        if (now.Observed.Models.GetValueOrDefault(id.Model)?.ServingVersion == id.Version)
        {
            return EditOutcome.Conflict($"version {id.Version} of model {id.Model} serves until version {model.CurrentVersion} takes over: wait for the rollout's end");
        }

        var users = now.Desired.Applications
            .Where(a => a.Selection.Targets.Any(t => t.Model == id.Model && t.Version == id.Version)).Select(a => a.Name).ToList();
        return users.Count > 0
            ? EditOutcome.Conflict($"version {id.Version} of model {id.Model} is named by {Plural("application", users)}: change {(users.Count == 1 ? "it" : "them")} first")
            : EditOutcome.To(Replace(now.Desired, model with { Versions = [.. model.Versions.Where(v => v.Version != id.Version)] }));
    }

    public static EditOutcome PutApplication(RegistrySnapshot now, ApplicationSpec application)
    {
        var exists = now.Desired.FindApplication(application.Name) is not null;
        return EditOutcome.To(now.Desired with
        {
            Applications = exists
                ? [.. now.Desired.Applications.Select(a => a.Name == application.Name ? application : a)]
                : [.. now.Desired.Applications, application],
        });
    }

    public static EditOutcome RemoveApplication(RegistrySnapshot now, string application) =>
        now.Desired.FindApplication(application) is null
            ? EditOutcome.Unknown($"there is no application {application}; known: {Names(now.Desired.Applications.Select(a => a.Name))}")
            : EditOutcome.To(now.Desired with { Applications = [.. now.Desired.Applications.Where(a => a.Name != application)] });

    private static ModelSpec WithRollbackTarget(RegistrySnapshot now, ModelSpec model)
    {
        var target = RollbackTarget(model.CurrentVersion, now.Observed.Models.GetValueOrDefault(model.Name));
        return target is null || model.FindVersion(target) is not null || now.Desired.FindModel(model.Name)?.FindVersion(target) is not { } kept
            ? model
            : model with { Versions = [.. model.Versions, kept with { Standby = false }] };
    }

    private static ClusterSpec WithOthers(ClusterSpec before, ClusterSpec file)
    {
        var applications = before.Applications.Where(a => file.FindApplication(a.Name) is null).ToList();
        var named = applications.SelectMany(a => a.Selection.Targets).Where(t => t.Version is not null).ToLookup(t => t.Model, t => t.Version);
        return file with
        {
            Name = NameOf(before, file),
            Models =
            [
                .. file.Models.Select(m => m with { Versions = [.. m.Versions, .. (before.FindModel(m.Name)?.Versions ?? []).Where(v => named[m.Name].Contains(v.Version) && m.FindVersion(v.Version) is null)] }),
                .. before.Models.Where(m => file.FindModel(m.Name) is null),
            ],
            Applications = [.. file.Applications, .. applications],
        };
    }

    // A file beside others is a part of the cluster, and a part does not rename the whole. A file that names all there is (or is the first) is the whole, by whatever way it came.
    private static string NameOf(ClusterSpec before, ClusterSpec file) =>
        before.Models.All(m => file.FindModel(m.Name) is not null) && before.Applications.All(a => file.FindApplication(a.Name) is not null) ? file.Name : before.Name;

    private static string? RollbackTarget(string current, ModelObservation? observed)
    {
        var target = observed?.ServingVersion == current ? observed.PreviousVersion : observed?.ServingVersion;
        return target == current ? null : target;
    }

    private static ClusterSpec Replace(ClusterSpec cluster, ModelSpec model) =>
        cluster with { Models = [.. cluster.Models.Select(m => m.Name == model.Name ? model : m)] };

    private static EditOutcome UnknownModel(ClusterSpec cluster, string model) =>
        EditOutcome.Unknown($"there is no model {model}; known: {Names(cluster.Models.Select(m => m.Name))}");

    private static EditOutcome UnknownVersion(ModelSpec model, string version) =>
        EditOutcome.Unknown($"model {model.Name} has no version {version}; known: {VersionNames(model)}");

    // The current one is none to go back to.
    private static string Alternatives(ModelSpec model, string? because)
    {
        var others = model.Versions.Select(v => v.Version).Where(v => v != model.CurrentVersion).ToList();
        return others.Count == 0 ? $"version {model.CurrentVersion} is its only one" : $"{(because is null ? "" : $"{because}; ")}name one of {Names(others)}";
    }

    private static string VersionNames(ModelSpec model) => Names(model.Versions.Select(v => v.Version));

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none"));

    private static string Plural(string what, List<string> names) => $"{what}{(names.Count == 1 ? "" : "s")} {string.Join(", ", names)}";
}
