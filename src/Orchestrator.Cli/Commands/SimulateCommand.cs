using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Simulation;
using Orchestrator.Core;
using Orchestrator.Simulation;
using Orchestrator.Simulation.Plotting;
using Orchestrator.Simulation.Results;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch simulate</c>.</summary>
internal static class SimulateCommand
{
    private const string About = """
        Compare batching policies in virtual time, without an orchestrator: how many requests are answered in time at which load, and what becomes of the others.
        The decisions are taken by the code that serves; only clock, replicas and callers are made up. Equal seeds give equal results.

        Examples:
          orch simulate                                              every policy, Poisson, 0.25 to 2 times the capacity
          orch simulate --trace all --svg goodput.svg                every kind of traffic, drawn
          orch simulate --profile digits.json --slo 20ms --max-size 256 --load 0.8,1,1.2
          orch simulate --trace closed --clients 64 --policy aimd,deferred -o json

        A load of 1 is the capacity: the most rows per second that the replicas can do with batches that fit the SLO at the median.
        """;

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var options = new SimulateOptions();
        var command = new Command("simulate", About);
        options.AddTo(command);
        return command.Runs(context, globals, async (session, parsed, stop) =>
        {
            var plans = options.Plans(parsed);
            var results = Run(plans, stop);
            var report = SimulationReport.Of(results);
            if (parsed.GetValue(options.Svg) is { } path)
            {
                await DrawAsync(path, results, stop);
                await session.Printer.NoteAsync($"drawn: {path}");
            }

            if (session.Printer.IsJson)
            {
                await session.Printer.RawLineAsync(report.ToJson());
                return ExitCodes.Ok;
            }

            await session.Printer.LineAsync(Describe(plans[0]));
            await session.Printer.TableAsync(report.ToTable());
            return ExitCodes.Ok;
        });
    }

    private static List<SimulationResult> Run(IReadOnlyList<SimulationPlan> plans, CancellationToken stop)
    {
        try
        {
            return [.. plans.AsParallel().AsOrdered().WithCancellation(stop).Select(p => Simulator.Run(p, stop))];
        }
        catch (AggregateException error) when (error.InnerException is ArgumentException wrong)
        {
            throw new CliException(ExitCodes.Invalid, wrong.Message.Split(" (Parameter")[0], innerException: error);
        }
    }

    private static async Task DrawAsync(string path, List<SimulationResult> results, CancellationToken stop)
    {
        try
        {
            await File.WriteAllTextAsync(path, GoodputPlot.Draw(results, "Goodput by offered load", Describe(results[0].Plan)), stop);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"--svg: {path}: {FileMistake.Describe(error)}.", innerException: error);
        }
    }

    private static string Describe(SimulationPlan plan)
    {
        var model = plan.Models[0];
        var latency = string.Join("; ", plan.Models.Select(m => m.Latency.Description));
        var slo = string.Join(", ", model.Slos.Select(Durations.Format));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"latency {latency}; at most {model.MaxRows} rows; {model.Replicas} replica{(model.Replicas == 1 ? "" : "s")}; SLO {slo}; capacity {plan.Models.Sum(m => m.Capacity):0} rows/s; {plan.Requests} requests, seed {plan.Seed}");
    }
}
