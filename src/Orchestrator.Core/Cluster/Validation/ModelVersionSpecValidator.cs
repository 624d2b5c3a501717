using Orchestrator.Core.Runtime;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates one version: what it is and how it runs. What goes to its container's process, and its batching and cache, have validators of their own.</summary>
internal static class ModelVersionSpecValidator
{
    public const int MaxReplicas = 1000;
    public const int MaxConcurrency = 64;
    public const int MaxThreads = 256;
    public const int MaxQueueCapacity = 1_000_000;

    private static readonly TimeSpan LeastStartupTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostStartupTimeout = TimeSpan.FromHours(24);

    public static void Validate(ModelVersionSpec version, string path, ValidationContext context, SpecErrors errors)
    {
        NameRule.Check(errors, $"{path}.version", version.Version);
        CheckFramework(version, path, context, errors);
        CheckArtefact(version, path, context, errors);
        errors.CheckRange($"{path}.replicas", version.Replicas, 0, MaxReplicas);
        errors.CheckRange($"{path}.concurrency", version.Concurrency, 1, MaxConcurrency);
        errors.CheckRange($"{path}.threads", version.Threads, 1, MaxThreads);
        errors.CheckRange($"{path}.queueCapacity", version.QueueCapacity, 1, MaxQueueCapacity);
        errors.CheckRange($"{path}.startupTimeout", version.StartupTimeout, LeastStartupTimeout, MostStartupTimeout);
        ProcessSettingsValidator.Validate(version, path, errors);
        if (errors.CheckPresent($"{path}.batching", version.Batching))
        {
            BatchingSpecValidator.Validate(version.Batching, $"{path}.batching", context, errors);
        }

        if (errors.CheckPresent($"{path}.cache", version.Cache))
        {
            CacheSpecValidator.Validate(version.Cache, $"{path}.cache", errors);
        }
    }

    private static void CheckFramework(ModelVersionSpec version, string path, ValidationContext context, SpecErrors errors)
    {
        if (string.IsNullOrEmpty(version.Framework))
        {
            errors.Add($"{path}.framework", $"is missing; expected {(context.Frameworks is null ? "the name of a framework" : "one of " + string.Join(", ", context.Frameworks))}.");
            return;
        }

        if (context.Frameworks is not null)
        {
            errors.CheckKnown($"{path}.framework", "framework", version.Framework, context.Frameworks);
        }

        var isCustom = version.Framework == FrameworkCatalog.Custom;
        if (isCustom && version.Command.Count == 0 && version.Image is null)
        {
            errors.Add($"{path}.command", "is missing; framework custom needs the program to start and its arguments.");
        }
        else if (!isCustom && version.Command.Count > 0)
        {
            errors.Add($"{path}.command", $"is only for framework {FrameworkCatalog.Custom}; remove it, or change the framework from '{version.Framework}'.");
        }
    }

    private static void CheckArtefact(ModelVersionSpec version, string path, ValidationContext context, SpecErrors errors)
    {
        if (version.Artefact is null)
        {
            // An image may hold its artefact. Of an unknown framework, which is reported, nobody knows what it needs.
            var isKnown = context.Frameworks?.Contains(version.Framework) ?? !string.IsNullOrEmpty(version.Framework);
            if (isKnown && version.Image is null && !context.FrameworksWithoutArtefact.Contains(version.Framework))
            {
                errors.Add($"{path}.artefact", $"is missing; framework {version.Framework} needs the model's file or folder.");
            }
        }
        else if (context.FindArtefactProblem(version.Artefact) is { } problem)
        {
            errors.Add($"{path}.artefact.{(version.Artefact.Path is not null ? "path" : "digest")}", $"artefact {problem}.");
        }
    }
}
