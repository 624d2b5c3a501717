using Orchestrator.Core.Runtime;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates what only some runtimes can honour: images and limits. A limit that nobody enforces would be worse than none, so it is refused.</summary>
internal static class RuntimeSettingsValidator
{
    public const string Processes = "process";
    public const string Docker = "docker";

    /// <summary>Below it the engine itself refuses (6 MiB), and no container of ours starts in less than this.</summary>
    public const long LeastMemory = 16L * 1024 * 1024;

    public const long MostMemory = 1L << 50;
    public const double LeastCpus = 0.01;
    public const double MostCpus = 1024;
    public const int LeastPids = 8;
    public const int MostPids = 4_194_304;
    public const int MostGpus = 64;
    private const int LongestImage = 512;

    public static void Validate(ModelSpec model, string path, string runtime, SpecErrors errors)
    {
        foreach (var (i, version) in model.Versions.Index())
        {
            if (version is not null)
            {
                Validate(version, $"{path}.versions[{i}]", runtime, errors);
            }
        }
    }

    private static void Validate(ModelVersionSpec version, string path, string runtime, SpecErrors errors)
    {
        if (version.Image is { } image && (image.Length is 0 or > LongestImage || image.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))))
        {
            errors.Add($"{path}.image", "is no name of an image; expected one such as registry:5000/team/model:1.");
        }

        if (version.Resources is { } resources)
        {
            CheckResources(resources, $"{path}.resources", errors);
        }

        if (runtime == Processes)
        {
            RefuseUnderProcess(version, path, errors);
        }
        else if (runtime == Docker && version is { Framework: FrameworkCatalog.Custom, Image: null })
        {
            errors.Add($"{path}.image", "is missing; with runtime docker framework custom needs the image to run (command is optional then).");
        }
        else if (runtime == Docker && version.Interpreter is not null)
        {
            errors.Add($"{path}.interpreter", "is not possible with runtime docker, whose interpreter is the image's; remove it, or name an image with the one you need.");
        }
    }

    private static void RefuseUnderProcess(ModelVersionSpec version, string path, SpecErrors errors)
    {
        if (version.Image is not null)
        {
            errors.Add($"{path}.image", "is not possible with runtime process, which has no images; remove it, or use runtime: docker.");
        }

        if (version.Resources is not null)
        {
            errors.Add($"{path}.resources", "cannot be enforced with runtime process; remove it, or use runtime: docker.");
        }
    }

    private static void CheckResources(ResourcesSpec resources, string path, SpecErrors errors)
    {
        // Written so that NaN fails too.
        if (resources.Cpus is { } cpus && !(cpus >= LeastCpus && cpus <= MostCpus))
        {
            errors.Add($"{path}.cpus", $"{cpus} is out of range; expected {LeastCpus} to {MostCpus}.");
        }

        if (resources.Memory is { } memory && memory is < LeastMemory or > MostMemory)
        {
            errors.Add($"{path}.memory", $"{ByteSizes.Format(memory)} is out of range; expected {ByteSizes.Format(LeastMemory)} to {ByteSizes.Format(MostMemory)}.");
        }

        if (resources.Pids is { } pids)
        {
            errors.CheckRange($"{path}.pids", pids, LeastPids, MostPids);
        }

        if (resources.Gpus is { } gpus)
        {
            errors.CheckRange($"{path}.gpus", gpus, 1, MostGpus);
        }
    }
}
