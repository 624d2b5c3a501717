using System.CommandLine;
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
        Put load on an application of this machine and say what its clients get: answers in time per second, latency, and how the other requests ended.

        Without INPUT each request is another made-up row, as far as the model's signature allows, so that the model works and not the prediction cache; what the answers are is not checked.
        The rows of @FILE (or the one INPUT) are sent in turn, over and over: what was asked before comes from the cache, unless the model's cache: has enabled: false. The result says
        how many answers came from there, by the orchestrator's own metrics. Only --expect says whether answers are right.

        Examples:
          orch bench digits                                     closed loop, 16 connections, 10 s, made-up inputs
          orch bench digits @rows.json --expect labels.json     real inputs, every answer checked
          orch bench digits --rate 500                          open loop: 500 requests a second at random times; a latency counts from when a request was due
          orch bench digits --sweep --svg digits.svg            the highest rate that meets the application's objective

        Exit code 1 if an answer was wrong (--expect), a connection broke, or no request was answered by the model.
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
            var plan = options.Plan(parsed, new Uri(session.QueryAddress, $"{Uri.EscapeDataString(status.Spec.Name)}/predict")) with { Slo = target?.Latency };
            var run = new BenchRun(session, inputs, expected, [.. status.Spec.Selection.Targets.Select(t => t.Model)]);
            Task<LoadResult> MeasureAtAsync(double? rate) => run.MeasureAsync(rate is { } r ? options.AtRate(parsed, plan, r) : plan, stop);
            var points = await MeasureAsync(MeasureAtAsync, plan.Rate, target, parsed.GetValue(options.Sweep) ? parsed.GetValue(options.Runs) : null, stop);
            await WriteAsync(parsed.GetValue(options.Csv), PerfAnalyzerCsv.Write(points, plan.Connections, [.. run.Measurements.Select(m => m.Server)]), "--csv", stop);
            await WriteAsync(parsed.GetValue(options.Svg), parsed.GetValue(options.Svg) is null ? "" : LoadPlot.Draw($"orch bench {status.Spec.Name}", points, target?.Latency), "--svg", stop);
            await PrintAsync(session, plan, points, run.Measurements, target, inputs.IsMade ? inputs.Distinct : null);
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
            return [new SweepPoint(rate, result, target?.Judge(result) ?? SweepVerdict.Missed)];
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

        if (inputs.IsMade)
        {
            throw new CliException(ExitCodes.Invalid, "--expect: made-up inputs have no known outputs; give @FILE with the inputs.");
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

    private static async Task PrintAsync(Session session, LoadPlan plan, IReadOnlyList<SweepPoint> points, IReadOnlyList<Measurement> measurements, SloTarget? target, long? made)
    {
        if (session.Printer.IsJson)
        {
            var report = new BenchReport(plan.Uri.ToString(), target?.Latency.TotalMilliseconds, target?.Percentile ?? 100, [.. points.Zip(measurements, (p, m) => BenchPoint.Of(plan, p, m, target is not null))],
                RateSweep.Highest(points));
            await session.Printer.RawLineAsync(report.ToJson());
            return;
        }

        var text = new BenchText(points, measurements, target) { MadeInputs = made };
        await session.Printer.TableAsync(text.Table());
        foreach (var remark in text.Remarks())
        {
            await session.Printer.LineAsync(remark);
        }
    }
}
