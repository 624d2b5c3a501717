using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Cli.Specs;

/// <summary>Reads and validates a cluster file before anything is done with it.</summary>
internal static class ClusterFileLoader
{
    /// <summary>Names of the frameworks in a folder of containers; null for null.</summary>
    /// <exception cref="CliException">The folder cannot be read.</exception>
    public static IReadOnlyCollection<string>? FrameworksIn(string? containersFolder)
    {
        try
        {
            return containersFolder is null ? null : FrameworkCatalog.Load(containersFolder).Names;
        }
        catch (ContainerManifestException e)
        {
            throw new CliException(ExitCodes.Invalid, e.Message, innerException: e);
        }
    }

    /// <param name="path">The file.</param>
    /// <param name="frameworks">Those of the orchestrator that will run it; null: not known, their names are left to the server.</param>
    public static ClusterFile Read(string path, IReadOnlyCollection<string>? frameworks) =>
        ClusterFileReader.Read(path, ValidationContext.ForLocalFiles(frameworks));

    /// <exception cref="CliException">It has mistakes: all of them, with file and line.</exception>
    public static (ClusterFile File, ClusterSpec Spec) Require(string path, IReadOnlyCollection<string>? frameworks)
    {
        var file = Read(path, frameworks);
        return file.Spec is { } spec ? (file, spec) : throw Explain(path, file.Errors);
    }

    /// <summary>Gives the server's complaints their places in the file.</summary>
    public static CliException Locate(ClusterFile file, CliException error) =>
        Explain(error.ExitCode, error.Message, [.. error.SpecErrors.Select(file.Locate)], error);

    private static CliException Explain(string path, IReadOnlyList<SpecError> errors) =>
        Explain(ExitCodes.Invalid, $"{path}: {(errors.Count == 1 ? "1 mistake" : $"{errors.Count} mistakes")}; nothing was changed.", errors, null);

    private static CliException Explain(int exitCode, string message, IReadOnlyList<SpecError> errors, Exception? inner) =>
        new(exitCode, message, [.. errors.Select(e => e.ToString())], inner) { SpecErrors = errors };
}
