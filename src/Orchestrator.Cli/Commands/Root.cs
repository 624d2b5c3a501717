using System.CommandLine;
using System.CommandLine.Help;

namespace Orchestrator.Cli.Commands;

/// <summary>The tree of commands.</summary>
internal static class Root
{
    public static RootCommand Create(CliContext context, out GlobalOptions globals)
    {
        globals = new GlobalOptions();
        var root = new RootCommand($"orch runs and steers a prediction serving cluster.\n\n{ExitCodes.Explained}");
        globals.AddTo(root);
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            // The spellings of Windows are only noise among what a shell completes.
            help.Aliases.Remove("/h");
            help.Aliases.Remove("/?");
        }

        root.With(
            UpCommand.Create(context, globals),
            ApplyCommand.Create(context, globals),
            ValidateCommand.Create(context, globals),
            StatusCommand.Create(context, globals),
            AppCommands.Create(context, globals),
            ModelCommands.Create(context, globals),
            FeaturesCommands.Create(context, globals),
            PredictCommand.Create(context, globals),
            LogsCommand.Create(context, globals),
            ContainerCommands.Create(context, globals),
            EventsCommand.Create(context, globals),
            BenchCommand.Create(context, globals),
            ProfileCommand.Create(context, globals),
            SimulateCommand.Create(context, globals),
            CompletionCommand.Create(context));
        return root;
    }
}
