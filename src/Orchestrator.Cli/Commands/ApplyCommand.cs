using System.CommandLine;
using Orchestrator.Cli.Artefacts;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch apply</c>.</summary>
internal static class ApplyCommand
{
    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var file = FileOption(isRequired: true);
        var dryRun = new Option<bool>("--dry-run") { Description = "Check everything and print the changes, but change nothing." };
        var keepOthers = new Option<bool>("--keep-others") { Description = "Keep models and applications that the file does not name; without it they are removed." };
        var wait = new WaitOptions();
        var command = new Command("apply", "Make the cluster what a file says; the same file again changes nothing.").With(file, keepOthers, dryRun);
        return wait.AddTo(command).Runs(context, globals, async (session, parsed, stop) =>
        {
            var isDry = parsed.GetValue(dryRun);
            var result = await ApplyAsync(session, parsed.GetValue(file)!, parsed.GetValue(keepOthers) ? ApplyMode.KeepOthers : ApplyMode.Whole, isDry, stop);
            await (isDry ? WaitOptions.PrintAsync(session, result) : wait.FinishAsync(session, parsed, result, WaitTarget.Everything, stop));
            return ExitCodes.Ok;
        });
    }

    public static Option<string?> FileOption(bool isRequired, string description = "The cluster file (YAML).") => new("--file", "-f") { Description = description, HelpName = "FILE", Required = isRequired };

    /// <summary>Reads, validates, uploads, writes; a mistake found here or by the server comes with its place in the file.</summary>
    public static async Task<ApplyResult> ApplyAsync(Session session, string path, ApplyMode mode, bool dryRun, CancellationToken stop)
    {
        var (file, spec) = ClusterFileLoader.Require(path, await session.Admin.FindFrameworksAsync(stop));
        var resolved = await new ArtefactUploader(session.Admin, session.Printer).ResolveAsync(spec, Path.GetDirectoryName(Path.GetFullPath(path))!, dryRun, stop);
        try
        {
            var others = mode == ApplyMode.KeepOthers ? Others(resolved, await session.Admin.StatusAsync(stop)) : "";
            var result = await session.Admin.ApplyAsync(resolved, mode, dryRun, stop);
            if (others.Length > 0)
            {
                await session.Printer.NoteAsync($"kept, though {Path.GetFileName(path)} does not name {(others.Contains(',', StringComparison.Ordinal) ? "them" : "it")}: {others}");
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
