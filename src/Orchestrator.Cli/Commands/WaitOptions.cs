using System.CommandLine;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core;
using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Commands;

/// <summary>Whether and how long a command waits until its change is reached.</summary>
internal sealed class WaitOptions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    public Option<bool> Wait { get; } = new("--wait") { Description = "Wait until the change is reached, showing how it goes; exit code 1 with the reason if it fails. The default." };

    public Option<bool> NoWait { get; } = new("--no-wait") { Description = "Return as soon as the change is written." };

    public Option<Duration> Timeout { get; } = SpecOptions.Duration("--timeout", "How long to wait, at most; then exit code 4.", DefaultTimeout);

    public Command AddTo(Command command) => command.With(Wait, NoWait, Timeout);

    /// <summary>Prints the changes and waits unless told not to.</summary>
    public async Task FinishAsync(Session session, ParseResult parsed, ApplyResult result, WaitTarget target, CancellationToken stop)
    {
        await PrintAsync(session, result);
        if (parsed.GetValue(Wait) || !parsed.GetValue(NoWait))
        {
            await session.Waiter.WaitAsync(result.Revision, target, parsed.GetValue(Timeout).Value, stop);
            await session.Printer.NoteAsync(target.Application is { } application ? $"{application}: ready"
                : target.Models is { } models ? $"{string.Join(", ", models)}: ready"
                : "everything is ready");
        }
    }

    public static Task PrintAsync(Session session, ApplyResult result) => session.Printer.ResultAsync(result, j => j.ApplyResult, async () =>
    {
        foreach (var change in result.Changes)
        {
            await session.Printer.LineAsync(change);
        }

        if (!result.Changed && result.Changes.Count == 0)
        {
            await session.Printer.LineAsync($"nothing to change (revision {result.Revision})");
        }
    });
}
