using System.CommandLine;
using Orchestrator.Cli.Artefacts;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch apply</c>.</summary>
internal static class ApplyCommand
{
    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var file = FileOption(isRequired: true);
        var dryRun = new Option<bool>("--dry-run") { Description = "Check everything and print what would be uploaded and changed, but upload and change nothing." };
        var keepOthers = new Option<bool>("--keep-others") { Description = "Keep models and applications that the file does not name, and with them the name of the cluster; without it they are removed." };
        var wait = new WaitOptions();
        var command = new Command("apply", "Make the cluster what a file says; the same file again changes nothing.").With(file, keepOthers, dryRun);
        return wait.AddTo(command).Runs(context, globals, async (session, parsed, stop) =>
        {
            var (path, mode) = (parsed.GetValue(file)!, parsed.GetValue(keepOthers) ? ApplyMode.KeepOthers : ApplyMode.Whole);
            if (parsed.GetValue(dryRun))
            {
                await PreviewAsync(session, path, mode, stop);
                return ExitCodes.Ok;
            }

            await wait.FinishAsync(session, parsed, await ApplyAsync(session, path, mode, stop), WaitTarget.Everything, stop);
            return ExitCodes.Ok;
        });
    }

    public static Option<string?> FileOption(bool isRequired, string description = "The cluster file (YAML).") => new("--file", "-f") { Description = description, HelpName = "FILE", Required = isRequired };

    /// <summary>Reads, validates, uploads, writes; a mistake found here or by the server comes with its place in the file.</summary>
    public static async Task<ApplyResult> ApplyAsync(Session session, string path, ApplyMode mode, CancellationToken stop)
    {
        var (file, spec) = ClusterFileLoader.Require(path, await session.Admin.FindFrameworksAsync(stop));
        var resolved = await new ArtefactUploader(session.Admin, session.Printer).ResolveAsync(spec, FolderOf(path), stop);
        return await SendAsync(session, file, path, resolved, mode, () => session.Admin.ApplyAsync(resolved, mode, stop), stop);
    }

    /// <summary>Reads, validates and says what applying the file would upload and change.</summary>
    private static async Task PreviewAsync(Session session, string path, ApplyMode mode, CancellationToken stop)
    {
        var (file, spec) = ClusterFileLoader.Require(path, await session.Admin.FindFrameworksAsync(stop));
        var (resolved, willUpload) = await new ArtefactUploader(session.Admin, session.Printer).PreviewAsync(spec, FolderOf(path), stop);
        var result = await SendAsync(session, file, path, resolved, mode, () => session.Admin.PreviewAsync(resolved, mode, willUpload.Keys, stop), stop);
        if (session.Printer.IsJson)
        {
            await session.Printer.RawLineAsync(CliJson.Previewed(new PreviewReport(
                result.Revision, result.Changed, result.Changes, [.. willUpload.Select(a => new PreviewedUpload(a.Key, a.Value.Name, a.Value.Bytes))])));
            return;
        }

        // Uploading changes nothing by itself, so it stands beside the changes.
        foreach (var artefact in willUpload.Values)
        {
            await session.Printer.LineAsync($"would upload {artefact.Name} ({Sizes.Format(artefact.Bytes)})");
        }

        await WaitOptions.PrintAsync(session, result);
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static async Task<ApplyResult> SendAsync(Session session, ClusterFile file, string path, ClusterSpec resolved, ApplyMode mode, Func<Task<ApplyResult>> sendAsync, CancellationToken stop)
    {
        try
        {
            var before = mode == ApplyMode.KeepOthers ? await session.Admin.StatusAsync(stop) : null;
            var others = before is null ? "" : Others(resolved, before);
            var result = await sendAsync();
            if (others.Length > 0)
            {
                await session.Printer.NoteAsync($"kept, though {Path.GetFileName(path)} does not name {(others.Contains(',', StringComparison.Ordinal) ? "them" : "it")}: {others}{(before!.Cluster == resolved.Name ? "" : $"; and the name of the cluster, {before.Cluster}")}");
            }

            return result;
        }
        catch (CliException e) when (e.SpecErrors.Count > 0)
        {
            throw ClusterFileLoader.Locate(file, e);
        }
    }

    private static string Others(ClusterSpec file, ClusterStatus status) => string.Join(", ", status.Models.Where(m => file.FindModel(m.Name) is null).Select(m => $"model {m.Name}")
        .Concat(status.Applications.Where(a => file.FindApplication(a.Spec.Name) is null).Select(a => $"application {a.Spec.Name}")));
}
