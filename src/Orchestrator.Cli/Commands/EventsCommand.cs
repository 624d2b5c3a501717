using System.CommandLine;
using System.Globalization;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch events</c>.</summary>
internal static class EventsCommand
{
    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var since = new Option<long>("--since") { Description = "Begin after that sequence number; 0, the default, is as far back as events are kept.", HelpName = "N" };
        return new Command("events", "Show what happened in the cluster and what happens, until Ctrl-C.").With(since).Runs(context, globals, async (session, parsed, stop) =>
        {
            try
            {
                await foreach (var item in session.Admin.EventsAsync(parsed.GetValue(since), stop))
                {
                    await (session.Printer.IsJson
                        ? session.Printer.JsonLineAsync(item, j => j.ClusterEvent)
                        : session.Printer.RawLineAsync(string.Create(CultureInfo.InvariantCulture, $"{item.At:yyyy-MM-ddTHH:mm:ss.fffZ}  {item.Kind,-8}  {item.Subject}  {item.Message}")));
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Ctrl-C is how one leaves.
            }

            return ExitCodes.Ok;
        });
    }
}
