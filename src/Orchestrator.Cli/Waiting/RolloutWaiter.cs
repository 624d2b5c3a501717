using Orchestrator.Cli.Admin;
using Orchestrator.Cli.Output;
using Orchestrator.Core;
using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Waiting;

/// <summary>Waits until a change is reached or has failed, and shows how it goes.</summary>
internal sealed class RolloutWaiter(AdminClient admin, Printer printer, TimeProvider time)
{
    private const int LinesOfAFailure = 20;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <param name="revision">From the change's answer.</param>
    /// <param name="target">What is waited for.</param>
    /// <param name="timeout">How long, at most.</param>
    /// <param name="stop">Ends the waiting, not the rollout.</param>
    /// <exception cref="CliException">A rollout failed, or the time was over.</exception>
    public async Task WaitAsync(long revision, WaitTarget target, TimeSpan timeout, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        var progress = new ProgressView(printer, target);
        RolloutState? end = null;
        ClusterStatus? last = null;
        try
        {
            await progress.RunAsync(async show =>
            {
                while (end is null)
                {
                    last = await admin.StatusAsync(either.Token);
                    await show(last);
                    var state = RolloutState.Of(last, revision, target);
                    end = state.IsReached || state.Failed.Count > 0 ? state : null;
                    if (end is null)
                    {
                        await Task.Delay(Period, time, either.Token);
                    }
                }
            });
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new CliException(ExitCodes.TimedOut, $"Not ready after {Durations.Describe(timeout)}; it goes on in the background. See: orch status", Unfinished(last, target));
        }

        if (end!.Failed.Count > 0)
        {
            throw Explain(end.Failed, target, last!);
        }

        foreach (var model in target.In(last!))
        {
            foreach (var warning in model.Versions.Where(v => v.Spec.Version == model.ServingVersion).SelectMany(StatusTables.Warnings))
            {
                await printer.NoteAsync($"{model.Name}:{model.ServingVersion}: {warning}");
            }
        }
    }

    private static List<string> Unfinished(ClusterStatus? status, WaitTarget target) => status is null ? [] :
        [.. target.In(status).Where(m => !StatusTables.IsServing(m)).Select(m => $"{m.Name}: {m.State}{(m.Reason is null ? "" : $": {m.Reason}")}")];

    // A failed command is over; what it deployed is not. Whoever applied a file corrects the file.
    private static string WhatStays(ModelStatus model, WaitTarget target, ClusterStatus status) => (target.Models, model.ServingVersion) switch
    {
        (null, null) => "It stays deployed and is tried again.",
        (null, _) => $"Version {model.CurrentVersion} stays deployed and is tried again.",
        // A model that an application uses is not removed: of a new application that is the one thing to undo, of others nobody spoke.
        (_, null) when target.Application is { } application => $"It stays deployed and is tried again; remove the application: orch app remove {application}",
        (_, null) when status.Applications.Any(a => a.Spec.Selection.Targets.Any(t => t.Model == model.Name)) => "It stays deployed and is tried again.",
        (_, null) => $"It stays deployed and is tried again; remove it: orch model remove {model.Name}",
        _ => $"Version {model.CurrentVersion} stays deployed and is tried again; go back: orch model rollback {model.Name}",
    };

    private static CliException Explain(IReadOnlyList<ModelStatus> failed, WaitTarget target, ClusterStatus status)
    {
        var details = new List<string>();
        foreach (var model in failed)
        {
            var version = model.Versions.FirstOrDefault(v => v.Spec.Version == model.CurrentVersion);
            var lines = version?.Replicas.Select(r => r.LastLogLines).LastOrDefault(l => l.Count > 0) ?? [];
            details.AddRange(lines.TakeLast(LinesOfAFailure).Select(l => $"[{model.Name}:{model.CurrentVersion}] {l}"));
            details.Add((model.ServingVersion is null ? $"{model.Name} has no version that serves. " : $"{model.Name}: version {model.ServingVersion} goes on serving. ") + WhatStays(model, target, status));
        }

        return new CliException(ExitCodes.Failed, string.Join("\n", failed.Select(m => $"{m.Name}: version {m.CurrentVersion} failed: {m.Reason ?? "no reason given"}")), details);
    }
}
