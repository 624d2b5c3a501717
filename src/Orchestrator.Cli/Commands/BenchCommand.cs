using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Measuring;
using Orchestrator.Cli.Output;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;
using Orchestrator.Load;
using Orchestrator.Load.Inputs;
using Orchestrator.Load.Reporting;
using Orchestrator.Load.Sweeping;
using Orchestrator.Protocol;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch bench</c>.</summary>
internal static class BenchCommand
{
    private const int MadeRows = 1000;
    private const int Seed = 1;
    private const string About = """
        Put load on an application of this machine and say what its clients get: right answers in time per second, latency, and how the other requests ended.

        Examples:
          orch bench digits                                     closed loop, 16 connections, 10 s, made-up inputs
          orch bench digits @rows.json --expect labels.json     real inputs, every answer checked
          orch bench digits --rate 500                          open loop: 500 requests a second at random times; a latency counts from when a request was due
          orch bench digits --sweep --svg digits.svg            the highest rate that meets the application's objective

        Exit code 1 if an answer was wrong, a connection broke, or no request was answered by the model.
        """;

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var application = new Argument<string>("application") { Description = "Name of the application." }.CompletedByApplications(context, globals);
        var options = new BenchOptions();
        var command = new Command("bench", About).With(application);
        options.AddTo(command);
        return command.Runs(context, globals, async (session, parsed, stop) =>
        {
            var status = await session.FindApplicationAsync(parsed.GetRequiredValue(application), stop);
            var inputs = await ReadInputsAsync(session, status, parsed.GetValue(options.Input), stop);
            var expected = await ReadExpectedAsync(parsed.GetValue(options.Expect), parsed.GetValue(options.Tolerance), inputs, stop);
            var target = options.Target(parsed, status.Spec.Slo);
            var plan = options.Plan(parsed, new Uri(session.QueryAddress, $"{Uri.EscapeDataString(status.Spec.Name)}/predict"), inputs.Body) with { Slo = target?.Latency };
            var run = new BenchRun(session, expected, status.Spec.Selection.Targets is [var only] ? only.Model : null);
            Task<LoadResult> MeasureAtAsync(double? rate) => run.MeasureAsync(rate is { } r ? options.AtRate(parsed, plan, r) : plan, stop);
            var points = await MeasureAsync(MeasureAtAsync, plan.Rate, target, parsed.GetValue(options.Sweep) ? parsed.GetValue(options.Runs) : null, stop);
            await WriteAsync(parsed.GetValue(options.Csv), PerfAnalyzerCsv.Write(points, plan.Connections, run.Server), "--csv", stop);
            await WriteAsync(parsed.GetValue(options.Svg), parsed.GetValue(options.Svg) is null ? "" : LoadPlot.Draw($"orch bench {status.Spec.Name}", points, target?.Latency), "--svg", stop);
            await PrintAsync(session, plan, points, target);
            return points.All(p => p.Result.Counts.Wrong == 0 && p.Result.Counts.ConnectionErrors == 0) && points.Any(p => p.Result.Counts.Model > 0) ? ExitCodes.Ok : ExitCodes.Failed;
        });
    }

    private static async Task<IReadOnlyList<SweepPoint>> MeasureAsync(Func<double?, Task<LoadResult>> measureAsync, double? rate, SloTarget? target, int? sweep, CancellationToken stop)
    {
        try
        {
            if (sweep is { } runs)
            {
                return await RateSweep.RunAsync(
                    target ?? throw new CliException(ExitCodes.Invalid, "--sweep needs an objective: give --slo."), runs, measureAsync, stop);
            }

            var result = await measureAsync(rate);
            return [new SweepPoint(rate, result, target?.IsMetBy(result) ?? false)];
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCodes.Invalid, e.Message.Split(" (Parameter")[0], innerException: e);
        }
    }

    private static async Task<PredictInputs> ReadInputsAsync(Session session, ApplicationStatus application, string? input, CancellationToken stop)
    {
        if (input is null)
        {
            return PredictInputs.Made(await SignatureAsync(session, application, stop), MadeRows, Seed);
        }

        try
        {
            return input.StartsWith('@') ? PredictInputs.List(await File.ReadAllTextAsync(input[1..], stop)) : PredictInputs.Single(input);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CliException(ExitCodes.Invalid, $"input: {(input.StartsWith('@') ? $"{input[1..]}: " : "")}{FileMistake.Describe(e)}.", innerException: e);
        }
    }

    private static async Task<IReadOnlyList<TensorMetadata>> SignatureAsync(Session session, ApplicationStatus application, CancellationToken stop)
    {
        var target = application.Spec.Selection.Targets[0];
        var (_, version) = await session.FindVersionAsync(target.Model, target.Version, stop);
        return version.Signature is { } signature
            ? Tensors(signature)
            : throw new CliException(ExitCodes.Failed, $"The inputs of {target.Model}:{version.Spec.Version} are not known yet, because no replica of it was ever ready. Give the input, or wait: orch status.");
    }

    internal static IReadOnlyList<TensorMetadata> Tensors(ModelSignature signature) =>
    [
        .. signature.Inputs.Select(i => new TensorMetadata(
            i.Name, DataTypes.TryParse(i.Datatype, out var type) ? type : throw new CliException(ExitCodes.Failed, $"input {i.Name} has datatype '{i.Datatype}', which this orch does not know"), [.. i.Shape])),
    ];

    private static async Task<ExpectedOutputs?> ReadExpectedAsync(string? path, double tolerance, PredictInputs inputs, CancellationToken stop)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            var expected = ExpectedOutputs.List(await File.ReadAllTextAsync(path, stop), tolerance);
            return expected.Count == inputs.Count ? expected : throw new FormatException($"expected one output for each of the {inputs.Count} inputs, got {expected.Count}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CliException(ExitCodes.Invalid, $"--expect: {path}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }

    internal static async Task WriteAsync(string? path, string text, string option, CancellationToken stop)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            await File.WriteAllTextAsync(path, text, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"{option}: {path}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }

    private static async Task PrintAsync(Session session, LoadPlan plan, IReadOnlyList<SweepPoint> points, SloTarget? target)
    {
        var highest = RateSweep.Highest(points);
        if (session.Printer.IsJson)
        {
            var report = new BenchReport(plan.Uri.ToString(), target?.Latency.TotalMilliseconds, target?.Percentile ?? 100, [.. points.Select(p => BenchPoint.Of(plan, p, target is not null))], highest);
            await session.Printer.RawLineAsync(report.ToJson());
            return;
        }

        var table = new TextTable("offered/s", "in time/s", "in time", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "answers");
        foreach (var (rate, result, met) in points)
        {
            var latency = result.ModelLatency;
            var share = result.Counts.Total == 0 ? 0 : (double)result.InTime / result.Counts.Total;
            table.Add(
                rate is { } r ? Text($"{r:0.#}") : "closed loop", Text($"{result.InTimePerSecond:0.#}"), new Cell(Text($"{share:0.##%}"), target is null ? CellTone.Plain : met ? CellTone.Good : CellTone.Bad),
                Sizes.Format(latency.Mean), Sizes.Format(latency.P50), Sizes.Format(latency.P90), Sizes.Format(latency.P95), Sizes.Format(latency.P99), Sizes.Format(latency.P999), Sizes.Format(latency.Max),
                result.Counts.ToString());
        }

        await session.Printer.TableAsync(table);
        if (target is not null && points.Count > 1)
        {
            await session.Printer.LineAsync(highest is { } rate
                ? Text($"highest rate with {target.Percentile:0.###} % of the requests answered by the model within {Sizes.Format(target.Latency)}: {rate:0.#}/s")
                : Text($"no rate was found with {target.Percentile:0.###} % of the requests answered by the model within {Sizes.Format(target.Latency)}"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
