using Orchestrator.Cli.Admin;
using Orchestrator.Cli.Output;
using Orchestrator.Core.Cluster;
using Spectre.Console;

namespace Orchestrator.Cli.Artefacts;

/// <summary>Replaces local paths in specs by digests, and sends what the store does not have yet.</summary>
internal sealed class ArtefactUploader(AdminClient admin, Printer printer)
{
    private const long WorthABar = 8 * 1024 * 1024;

    /// <param name="spec">Its paths are relative to <paramref name="baseFolder"/>.</param>
    /// <param name="baseFolder">The folder of the cluster file.</param>
    /// <param name="stop">Ends the work.</param>
    public Task<ClusterSpec> ResolveAsync(ClusterSpec spec, string baseFolder, CancellationToken stop) =>
        ResolveAsync(spec, baseFolder, (path, artefact, digest) => UploadAsync(path, artefact, digest, stop), stop);

    public Task<ModelVersionSpec> ResolveAsync(ModelVersionSpec version, string baseFolder, CancellationToken stop) =>
        ResolveAsync(version, baseFolder, (path, artefact, digest) => UploadAsync(path, artefact, digest, stop), stop);

    /// <summary>The same without sending: the spec as it would be sent, and what would be uploaded first, by digest.</summary>
    public async Task<(ClusterSpec Spec, IReadOnlyDictionary<string, LocalArtefact> WillUpload)> PreviewAsync(ClusterSpec spec, string baseFolder, CancellationToken stop)
    {
        // Versions may share an artefact, which is sent once.
        var missing = new Dictionary<string, LocalArtefact>();
        var resolved = await ResolveAsync(
            spec,
            baseFolder,
            (_, artefact, digest) =>
            {
                missing[digest] = artefact;
                return Task.CompletedTask;
            },
            stop);
        return (resolved, missing);
    }

    private async Task<ClusterSpec> ResolveAsync(ClusterSpec spec, string baseFolder, Func<string, LocalArtefact, string, Task> onMissing, CancellationToken stop)
    {
        var models = new List<ModelSpec>();
        foreach (var model in spec.Models)
        {
            var versions = new List<ModelVersionSpec>();
            foreach (var version in model.Versions)
            {
                versions.Add(await ResolveAsync(version, baseFolder, onMissing, stop));
            }

            models.Add(model with { Versions = versions });
        }

        return spec with { Models = models };
    }

    private async Task<ModelVersionSpec> ResolveAsync(ModelVersionSpec version, string baseFolder, Func<string, LocalArtefact, string, Task> onMissing, CancellationToken stop)
    {
        if (version.Artefact?.Path is not { } path)
        {
            return version;
        }

        var artefact = LocalArtefact.Find(Path.Combine(baseFolder, path));
        var digest = await artefact.DigestAsync(stop);
        if (!await admin.HasArtefactAsync(digest, stop))
        {
            await onMissing(path, artefact, digest);
        }

        return version with { Artefact = new ArtefactSpec { Digest = digest } };
    }

    private async Task UploadAsync(string path, LocalArtefact artefact, string digest, CancellationToken stop)
    {
        var stored = await UploadAsync(artefact, stop);
        if (stored != digest)
        {
            throw new CliException(ExitCodes.Failed, $"{path}: the store says {stored} but it was {digest}: the file changed while it was sent. Try again.");
        }
    }

    private async Task<string> UploadAsync(LocalArtefact artefact, CancellationToken stop)
    {
        if (!printer.IsErrorTerminal || printer.IsJson || artefact.Bytes < WorthABar)
        {
            await printer.NoteAsync($"uploading {artefact.Name} ({Sizes.Format(artefact.Bytes)})");
            return await SendAsync(artefact, _ => { }, stop);
        }

        return await printer.ErrorConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape($"uploading {artefact.Name}"), maxValue: artefact.Bytes);
                return await SendAsync(artefact, sent => task.Value = sent, stop);
            });
    }

    private async Task<string> SendAsync(LocalArtefact artefact, Action<long> onSent, CancellationToken stop)
    {
        using var content = new ArtefactContent(artefact, onSent);
        return (await admin.UploadAsync(artefact.Name, artefact.IsFolder, content, stop)).Digest;
    }
}
