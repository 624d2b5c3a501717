using System.Globalization;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Launching;

/// <summary>What is run for a replica: program and arguments, and what the manifest adds to the environment.</summary>
internal sealed record ContainerCommand(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);

/// <summary>Turns a launch into a command: finds the manifest, what it requires and the program, and fills in the placeholders.</summary>
internal sealed class ContainerCommandReader(ProcessRuntimeOptions options, FrameworkCatalog frameworks, PythonFinder pythons)
{
    private static readonly string[] Configurations = ["release", "debug"];

    /// <summary>What our Python SDK needs.</summary>
    private static readonly string[] SdkModules = ["numpy", "uvicorn", "httptools"];

    /// <exception cref="ContainerStartException">Something it needs is missing; says what, where it was looked for and what to do.</exception>
    public async Task<ContainerCommand> ReadAsync(ContainerLaunch launch, int port, CancellationToken cancellationToken)
    {
        if (launch.Spec.Artefact is not null && !Path.Exists(launch.ArtefactPath))
        {
            throw new ContainerStartException($"{launch.Replica.ModelVersion}: its artefact {launch.Spec.Artefact.Digest} is not in the store ({launch.ArtefactPath ?? "no path"}); deploy the version again to upload it.");
        }

        var searchPath = launch.Spec.Environment.GetValueOrDefault("PATH") ?? System.Environment.GetEnvironmentVariable("PATH");
        var command = launch.Spec.Framework == FrameworkCatalog.Custom
            ? await ReadCustomAsync(launch, port, searchPath, cancellationToken)
            : await ReadManifestAsync(launch, frameworks.Require(launch.Spec.Framework), searchPath, cancellationToken);
        var program = command.Arguments[0];
        var found = ProgramFinder.Find(program, searchPath) ?? throw new ContainerStartException(program.Contains('/')
            ? $"'{program}' is missing or not executable."
            : $"'{program}' was not found on the PATH ({searchPath}); install it or name its full path.");
        return command with { Arguments = [found, .. command.Arguments.Skip(1)] };
    }

    private async Task<ContainerCommand> ReadCustomAsync(ContainerLaunch launch, int port, string? searchPath, CancellationToken cancellationToken)
    {
        if (launch.Spec.Command.Count == 0)
        {
            throw new ContainerStartException($"{launch.Replica.ModelVersion}: framework 'custom' needs a 'command' in the spec: the program and its arguments.");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["{port}"] = port.ToString(CultureInfo.InvariantCulture),
            ["{host}"] = LoopbackPorts.Host,
            ["{artefact}"] = launch.ArtefactPath ?? "",
            ["{model}"] = launch.Replica.ModelVersion.Model,
            ["{version}"] = launch.Replica.ModelVersion.Version,
        };
        if (launch.Spec.Command.Any(a => a.Contains("{python}", StringComparison.Ordinal)))
        {
            values["{python}"] = await FindPythonAsync(launch.Spec.Interpreter, searchPath, cancellationToken);
        }

        // A container written with our Python SDK finds it without being told where this installation lies.
        var sdk = new Dictionary<string, string>(StringComparer.Ordinal);
        if (frameworks.Folder is { } folder)
        {
            sdk["PYTHONPATH"] = Path.Combine(folder, "sdk", "python");
        }

        return new ContainerCommand([.. launch.Spec.Command.Select(a => Fill(a, values))], sdk);
    }

    // A container of one's own is most likely written with our SDK: rather a Python that has what it needs than the first on the PATH. If there is none the first will do.
    private async Task<string> FindPythonAsync(string? chosen, string? searchPath, CancellationToken cancellationToken)
    {
        if (chosen is null)
        {
            try
            {
                return await pythons.FindAsync(null, SdkModules, searchPath, cancellationToken);
            }
            catch (ContainerStartException)
            {
                // It may need none of them.
            }
        }

        return await pythons.FindAsync(chosen, [], searchPath, cancellationToken);
    }

    private async Task<ContainerCommand> ReadManifestAsync(ContainerLaunch launch, ContainerManifest manifest, string? searchPath, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["{folder}"] = manifest.Folder,
            ["{root}"] = Path.GetFullPath(Path.Combine(manifest.Folder, "..", "..")),
        };
        if (Mentions(manifest, "{python}"))
        {
            var modules = manifest.Requires.GetValueOrDefault("python") ?? [];
            values["{python}"] = await pythons.FindAsync(launch.Spec.Interpreter, modules, searchPath, cancellationToken);
        }

        RequireNodeModules(manifest);
        if (manifest.Project is not null)
        {
            values["{output}"] = FindOutput(manifest, values["{root}"]);
        }

        return new ContainerCommand(
            [.. manifest.Command.Select(a => Fill(a, values))],
            manifest.Environment.ToDictionary(v => v.Key, v => Fill(v.Value, values), StringComparer.Ordinal));
    }

    private static void RequireNodeModules(ContainerManifest manifest)
    {
        var lacking = (manifest.Requires.GetValueOrDefault("node") ?? []).Where(m => !Directory.Exists(Path.Combine(manifest.Folder, "node_modules", m))).ToList();
        if (lacking.Count > 0)
        {
            var setup = manifest.Setup.Count > 0 ? string.Join(' ', manifest.Setup) : "npm ci";
            throw new ContainerStartException($"Framework '{manifest.Framework}' lacks {string.Join(", ", lacking)} in {manifest.Folder}/node_modules. Run: cd {manifest.Folder} && {setup}");
        }
    }

    private string FindOutput(ContainerManifest manifest, string root)
    {
        var build = Path.Combine(options.BuildFolder ?? Path.Combine(root, "artifacts", "bin"), Path.GetFileNameWithoutExtension(manifest.Project!));
        // The newest build is the one the author means; published ones lie in the folder itself.
        var found = Configurations.Select(c => Path.Combine(build, c)).Append(Path.Combine(manifest.Folder, "bin"))
            .Where(f => Directory.Exists(f) && HasProgram(manifest, f) && NewestFile(f) > DateTime.MinValue).MaxBy(NewestFile);
        var setup = manifest.Setup.Count > 0 ? string.Join(' ', manifest.Setup) : "dotnet build -c Release";
        return found ?? throw new ContainerStartException(
            $"Framework '{manifest.Framework}' is not built (its program is neither in {build} nor in {manifest.Folder}/bin). Run: {setup} {Path.Combine(manifest.Folder, manifest.Project!)}");
    }

    // A folder may hold another build than the program's: without its property the mlnet container is a library.
    private static bool HasProgram(ContainerManifest manifest, string folder) => manifest.Command
        .Where(a => a.StartsWith("{output}/", StringComparison.Ordinal)).All(a => File.Exists(a.Replace("{output}", folder, StringComparison.Ordinal)));

    private static DateTime NewestFile(string folder) =>
        Directory.EnumerateFiles(folder, "*.dll").Select(File.GetLastWriteTimeUtc).DefaultIfEmpty(DateTime.MinValue).Max();

    private static bool Mentions(ContainerManifest manifest, string placeholder) =>
        manifest.Command.Concat(manifest.Environment.Values).Any(a => a.Contains(placeholder, StringComparison.Ordinal));

    private static string Fill(string text, Dictionary<string, string> values) =>
        values.Aggregate(text, (filled, value) => filled.Replace(value.Key, value.Value, StringComparison.Ordinal));
}
