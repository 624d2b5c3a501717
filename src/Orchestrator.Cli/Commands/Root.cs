using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary>The tree of commands.</summary>
internal static class Root
{
    public static RootCommand Create(CliContext context, out GlobalOptions globals)
    {
        globals = new GlobalOptions();
        var root = new RootCommand($"orch runs and steers a prediction serving cluster.\n\n{ExitCodes.Explained}");
        globals.AddTo(root);
        root.With(
            UpCommand.Create(context, globals),
            ApplyCommand.Create(context, globals),
            ValidateCommand.Create(context, globals),
            StatusCommand.Create(context, globals),
            AppCommands.Create(context, globals),
            ModelCommands.Create(context, globals),
            PredictCommand.Create(context, globals),
            LogsCommand.Create(context, globals),
            ContainerCommands.Create(context, globals),
            EventsCommand.Create(context, globals),
            SimulateCommand.Create(context, globals),
            CompletionCommand.Create(context));
        return root;
    }
}
