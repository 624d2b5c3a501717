using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch validate</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var file = ApplyCommand.FileOption(isRequired: true);
        var containers = new Option<string?>("--containers") { Description = "Folder with one folder per framework, to check framework names; by default the one beside orch.", HelpName = "DIR" };
        return new Command("validate", "Check a cluster file without an orchestrator: every mistake with file and line.").With(file, containers).Runs(context, globals, async (session, parsed, _) =>
        {
            var path = parsed.GetValue(file)!;
            var frameworks = ClusterFileLoader.FrameworksIn(parsed.GetValue(containers) ?? FrameworkCatalog.FindFolder(AppContext.BaseDirectory));
            if (session.Printer.IsJson)
            {
                var errors = ClusterFileLoader.Read(path, frameworks).Errors;
                await session.Printer.RawLineAsync(CliJson.Validation(errors));
                return errors.Count == 0 ? ExitCodes.Ok : ExitCodes.Invalid;
            }

            var (_, spec) = ClusterFileLoader.Require(path, frameworks);
            await session.Printer.LineAsync($"{path} is valid: {spec.Models.Count} models with {spec.Models.Sum(m => m.Versions.Count)} versions, {spec.Applications.Count} applications");
            return ExitCodes.Ok;
        });
    }
}
