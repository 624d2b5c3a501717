using Orchestrator.Cli.Output;
using Orchestrator.Core.Admin;
using Spectre.Console;

namespace Orchestrator.Cli.Waiting;

/// <summary>Shows how a rollout goes: a live table on a terminal, a line per change elsewhere, nothing for JSON.</summary>
internal sealed class ProgressView(Printer printer, WaitTarget target)
{
    private readonly Dictionary<string, string> _shown = new(StringComparer.Ordinal);

    /// <summary>Runs the work, which shows each status it sees.</summary>
    public Task RunAsync(Func<Func<ClusterStatus, Task>, Task> work)
    {
        if (printer.IsJson)
        {
            return work(_ => Task.CompletedTask);
        }

        return printer.IsErrorTerminal
            ? printer.ErrorConsole.Live(new Text("starting...")).StartAsync(live => work(status => Update(live, status)))
            : work(WriteChangesAsync);
    }

    private Task Update(LiveDisplayContext live, ClusterStatus status)
    {
        live.UpdateTarget(StatusTables.Models(target.In(status)).ToTerminal(printer.Width));
        live.Refresh();
        return Task.CompletedTask;
    }

    private async Task WriteChangesAsync(ClusterStatus status)
    {
        foreach (var model in target.In(status))
        {
            await WriteIfNewAsync($"{model.Name}", $"{model.State}{Because(model.Reason)}");
            foreach (var version in model.Versions.Where(v => v.Live))
            {
                foreach (var replica in version.Replicas)
                {
                    await WriteIfNewAsync($"{model.Name}:{version.Spec.Version}/{replica.Instance}", $"{replica.Phase}{Because(replica.Reason)}");
                }
            }
        }
    }

    private async Task WriteIfNewAsync(string subject, string text)
    {
        if (_shown.GetValueOrDefault(subject) != text)
        {
            _shown[subject] = text;
            await printer.NoteAsync($"{subject}: {text}");
        }
    }

    private static string Because(string? reason) => reason is null ? "" : $": {reason}";
}
