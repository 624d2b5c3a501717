using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Output;
using Orchestrator.Core.Admin;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch status</c>.</summary>
internal static class StatusCommand
{
    private const int FailedStartsOfAStuckOne = 2;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "Keep showing it until Ctrl-C; in JSON one line per change." };
        var all = new Option<bool>("--all", "-a") { Description = "Also the versions that rest." };
        return new Command("status", "Show models, versions, replicas and applications: what is wanted and what is.").With(watch, all).Runs(context, globals, async (session, parsed, stop) =>
        {
            if (parsed.GetValue(watch))
            {
                await WatchAsync(session, parsed.GetValue(all), stop);
            }
            else
            {
                var status = await session.Admin.StatusAsync(stop);
                await session.Printer.ResultAsync(status, j => j.ClusterStatus, () => ShowAsync(session, status, parsed.GetValue(all)));
            }

            return ExitCodes.Ok;
        });
    }

    private static async Task ShowAsync(Session session, ClusterStatus status, bool all)
    {
        await session.Printer.LineAsync(Headline(status));
        if (status.Redis is { } redis)
        {
            await session.Printer.LineAsync(RedisLine(redis));
        }

        await session.Printer.TableAsync(StatusTables.Models(status.Models, all));
        if (HasContainers(status))
        {
            await session.Printer.LineAsync("");
            await session.Printer.TableAsync(StatusTables.Containers(status.Models));
        }

        if (status.Applications.Count > 0)
        {
            await session.Printer.LineAsync("");
            await session.Printer.TableAsync(StatusTables.Applications(status.Applications));
        }
    }

    private static bool HasContainers(ClusterStatus status) => status.Models.Any(m => m.Versions.Any(v => v.Replicas.Count > 0));

    private static string Headline(ClusterStatus status) =>
        $"cluster {status.Cluster}, revision {status.Revision}, {status.Runtime}: {(status.Problem is not null ? $"PROBLEM: {status.Problem}" : status.Settled ? "everything is as wanted" : Stuck(status) ?? "on its way")}";

    // What is only slow is on its way; what has failed twice since it last worked is tried again and again, and will hardly come up by itself.
    private static string? Stuck(ClusterStatus status)
    {
        var names = status.Models.Where(IsStuck).Select(m => m.Name).ToList();
        return names.Count == 0 ? null : $"{(names.Count == 1 ? "1 model does" : $"{names.Count} models do")} not come up: {string.Join(", ", names)}";
    }

    private static bool IsStuck(ModelStatus model) => model.State == "failed"
        || model.Versions.Any(v => v.Spec.Version == model.CurrentVersion && v is { Live: true, Spec.Replicas: > 0 } && v.FailedStarts >= FailedStartsOfAStuckOne && v.Replicas.All(r => r.Phase != ReplicaPhase.Ready));

    private static string RedisLine(RedisStatus redis) => redis.Connected
        ? $"redis: {redis.Server}, connected since {At(redis.Since)}{(redis.Consequences.Count > 0 ? $", SLOW: {string.Join("; ", redis.Consequences)}" : "")}"
        : $"redis: {redis.Server}, AWAY since {At(redis.Since)}: {string.Join("; ", [redis.Reason, .. redis.Consequences])}";

    private static string At(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static async Task WatchAsync(Session session, bool all, CancellationToken stop)
    {
        try
        {
            if (session.Printer is { IsJson: false, IsOutTerminal: true })
            {
                await session.Printer.OutConsole.Live(new Text("")).StartAsync(live => EachAsync(session, (status, _) =>
                {
                    live.UpdateTarget(new Rows(Renderables(status, all, session.Printer.Width)));
                    live.Refresh();
                    return Task.CompletedTask;
                }, stop));
            }
            else
            {
                await EachAsync(session, (status, changed) => !changed ? Task.CompletedTask
                    : session.Printer.IsJson ? session.Printer.JsonLineAsync(status, j => j.ClusterStatus)
                    : ShowAsync(session, status, all), stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C is how one leaves.
        }
    }

    private static IEnumerable<IRenderable> Renderables(ClusterStatus status, bool all, int width)
    {
        yield return new Text(Headline(status));
        if (status.Redis is { } redis)
        {
            yield return new Text(RedisLine(redis));
        }

        yield return StatusTables.Models(status.Models, all).ToTerminal(width);
        if (HasContainers(status))
        {
            yield return StatusTables.Containers(status.Models).ToTerminal(width);
        }

        if (status.Applications.Count > 0)
        {
            yield return StatusTables.Applications(status.Applications).ToTerminal(width);
        }
    }

    private static async Task EachAsync(Session session, Func<ClusterStatus, bool, Task> show, CancellationToken stop)
    {
        var last = "";
        while (true)
        {
            var status = await session.Admin.StatusAsync(stop);
            // Counters move all the time; what people watch for elsewhere than on a terminal is the rest.
            var text = string.Join('|', status.Models.Select(m => $"{m.Name} {m.State} {m.ServingVersion} {string.Join(',', m.Versions.SelectMany(v => v.Replicas).Select(r => $"{r.Instance}{r.Phase}{r.Reason}"))}")) + status.Revision + status.Problem + status.Redis?.Reason + string.Join(',', status.Redis?.Consequences ?? []);
            await show(status, text != last);
            last = text;
            await Task.Delay(Period, session.Context.Time, stop);
        }
    }
}
