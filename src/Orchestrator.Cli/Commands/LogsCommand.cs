using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Core;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch logs</c>.</summary>
internal static class LogsCommand
{
    private const int DefaultTail = 100;

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var name = new Argument<string>("model") { Description = "MODEL or MODEL:VERSION; without a version the current one." }.CompletedByModels(context, globals);
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what the containers write, until Ctrl-C." };
        var tail = new Option<int>("--tail", "-n") { Description = "How many of the last lines of each replica.", DefaultValueFactory = _ => DefaultTail, HelpName = "N" };
        var instance = new Option<string?>("--instance") { Description = "Only that replica; its name as in: orch model show MODEL.", HelpName = "REPLICA" };
        return new Command("logs", "Show what the containers of a model version wrote.").With(name, follow, tail, instance).Runs(context, globals, async (session, parsed, stop) =>
        {
            var (model, version) = SpecOptions.Name(parsed.GetRequiredValue(name));
            version ??= (await session.FindModelAsync(model, stop)).CurrentVersion;
            try
            {
                await foreach (var line in session.Admin.LogsAsync(new ModelVersionId(model, version), parsed.GetValue(instance), parsed.GetValue(tail), parsed.GetValue(follow), stop))
                {
                    await WriteAsync(session, line);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && parsed.GetValue(follow))
            {
                // Ctrl-C is how one leaves.
            }

            return ExitCodes.Ok;
        });
    }

    private static Task WriteAsync(Session session, string line)
    {
        var end = line.IndexOf("] ", StringComparison.Ordinal);
        return session.Printer.IsJson && line.StartsWith('[') && end > 0
            ? session.Printer.RawLineAsync(CliJson.LogLine(line[1..end], line[(end + 2)..]))
            : session.Printer.RawLineAsync(line);
    }
}
