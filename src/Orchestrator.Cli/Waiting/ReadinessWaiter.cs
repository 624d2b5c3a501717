using Orchestrator.Cli.Admin;
using Orchestrator.Cli.Output;

namespace Orchestrator.Cli.Waiting;

/// <summary>Waits until a process that has health and no status (a frontend, a gateway, a control plane that stands by) is ready; tells each obstacle once.</summary>
internal sealed class ReadinessWaiter(AdminClient admin, Printer printer, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <exception cref="CliException">4: it was not within <paramref name="limit"/>.</exception>
    public async Task WaitAsync(TimeSpan limit, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var told = "";
        while (await admin.ObstacleAsync(stop) is { } obstacle)
        {
            if (obstacle != told)
            {
                told = obstacle;
                await printer.NoteAsync($"not ready yet: {obstacle}");
            }

            if (time.GetElapsedTime(began) > limit)
            {
                throw new CliException(ExitCodes.TimedOut, $"not ready after {Sizes.Format(limit)}: {obstacle}");
            }

            await Task.Delay(Period, time, stop);
        }
    }
}
