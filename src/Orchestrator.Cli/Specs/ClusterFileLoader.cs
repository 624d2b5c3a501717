using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Cli.Specs;

/// <summary>Reads and validates a cluster file before anything is done with it.</summary>
internal static class ClusterFileLoader
{
    /// <param name="path">The file.</param>
    /// <param name="containersFolder">Where the frameworks are, if the orchestrator that will run them is of this machine; null: their names are left to the server.</param>
    /// <exception cref="CliException">The containers' folder cannot be read.</exception>
    public static ClusterFile Read(string path, string? containersFolder)
    {
        try
        {
            var frameworks = containersFolder is null ? null : FrameworkCatalog.Load(containersFolder).Names;
            return ClusterFileReader.Read(path, ValidationContext.ForLocalFiles(frameworks));
        }
        catch (ContainerManifestException e)
        {
            throw new CliException(ExitCodes.Invalid, e.Message, innerException: e);
        }
    }

    /// <exception cref="CliException">It has mistakes: all of them, with file and line.</exception>
    public static (ClusterFile File, ClusterSpec Spec) Require(string path, string? containersFolder)
    {
        var file = Read(path, containersFolder);
        return file.Spec is { } spec ? (file, spec) : throw Explain(path, file.Errors);
    }

    /// <summary>Gives the server's complaints their places in the file.</summary>
    public static CliException Locate(ClusterFile file, CliException error) =>
        new(error.ExitCode, error.Message, [.. error.SpecErrors.Select(e => file.Locate(e).ToString())], error);

    private static CliException Explain(string path, IReadOnlyList<SpecError> errors) =>
        new(ExitCodes.Invalid, $"{path}: {(errors.Count == 1 ? "1 mistake" : $"{errors.Count} mistakes")}; nothing was changed.", [.. errors.Select(e => e.ToString())]);
}
