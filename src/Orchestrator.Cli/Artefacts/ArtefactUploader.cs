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
    /// <param name="dryRun">Only computes digests.</param>
    /// <param name="stop">Ends the work.</param>
    public async Task<ClusterSpec> ResolveAsync(ClusterSpec spec, string baseFolder, bool dryRun, CancellationToken stop)
    {
        var models = new List<ModelSpec>();
        foreach (var model in spec.Models)
        {
            var versions = new List<ModelVersionSpec>();
            foreach (var version in model.Versions)
            {
                versions.Add(await ResolveAsync(version, baseFolder, dryRun, stop));
            }

            models.Add(model with { Versions = versions });
        }

        return spec with { Models = models };
    }

    public async Task<ModelVersionSpec> ResolveAsync(ModelVersionSpec version, string baseFolder, bool dryRun, CancellationToken stop)
    {
        if (version.Artefact?.Path is not { } path)
        {
            return version;
        }

        var artefact = LocalArtefact.Find(Path.Combine(baseFolder, path));
        var digest = await artefact.DigestAsync(stop);
        if (!dryRun && !await admin.HasArtefactAsync(digest, stop))
        {
            var stored = await UploadAsync(artefact, stop);
            if (stored != digest)
            {
                throw new CliException(ExitCodes.Failed, $"{path}: the store says {stored} but it was {digest}: the file changed while it was sent. Try again.");
            }
        }

        return version with { Artefact = new ArtefactSpec { Digest = digest } };
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
