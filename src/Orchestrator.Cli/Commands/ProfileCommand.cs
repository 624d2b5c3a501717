using System.CommandLine;
using System.Globalization;
using System.Text;
using Orchestrator.Cli.Measuring;
using Orchestrator.Cli.Output;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;
using Orchestrator.Load.Inputs;
using Orchestrator.Load.Profiling;
using Orchestrator.Load.Reporting;
using Orchestrator.Protocol;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch profile</c>.</summary>
internal static class ProfileCommand
{
    private const int DefaultMost = 256;
    private const string Binary = "binary_tensor_data";
    private const string About = """
        Measure how long a model takes for batches of 1, 2, 4, ... rows, and what size its objective allows. One replica is called directly, one batch after the other; do it
        while nobody else asks that model.

        Examples:
          orch profile digits
          orch profile digits:2 --slo 20ms --max-size 512 --export digits.json      for orch simulate --profile digits.json
        """;

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var name = new Argument<string>("model") { Description = "MODEL or MODEL:VERSION; without a version the current one." }.CompletedByModels(context, globals);
        var most = new Option<int>("--max-size") { Description = "Largest batch, rows.", DefaultValueFactory = _ => DefaultMost, HelpName = "ROWS" };
        var perSize = SpecOptions.Duration("--per-size", "How long each size is measured.", ProfileOptions.DefaultPerSize);
        var slo = SpecOptions.MaybeDuration("--slo", "The objective; left out: the tightest among the applications that use the model.");
        var export = new Option<string?>("--export") { Description = "Write the profile for orch simulate.", HelpName = "FILE" };
        var svg = new Option<string?>("--svg") { Description = "Draw it.", HelpName = "FILE" };
        return new Command("profile", About).With(name, most, perSize, slo, export, svg).Runs(context, globals, async (session, parsed, stop) =>
        {
            if (parsed.GetValue(most) < 1)
            {
                throw new CliException(ExitCodes.Invalid, $"--max-size: expected at least 1, got {parsed.GetValue(most)}.");
            }

            var (model, wanted) = SpecOptions.Name(parsed.GetRequiredValue(name));
            var (_, version) = await session.FindVersionAsync(model, wanted, stop);
            var latency = parsed.GetValue(slo)?.Value ?? await TightestAsync(session, model, stop);
            var container = Replica(session, model, version);
            var options = new ProfileOptions { Sizes = ProfileOptions.Doubling(parsed.GetValue(most)), PerSize = parsed.GetValue(perSize).Value, Longest = latency };
            var sizes = await MeasureAsync(session, container, model, version, options, stop);
            var profile = Export(model, version.Spec.Version, container, sizes, session.Context.Time.GetUtcNow());
            await BenchCommand.WriteAsync(parsed.GetValue(export), profile.ToJson() + "\n", "--export", stop);
            await BenchCommand.WriteAsync(parsed.GetValue(svg), LoadPlot.Draw($"orch profile {model}:{version.Spec.Version}", sizes, latency), "--svg", stop);
            await PrintAsync(session, Report(model, version.Spec.Version, container, sizes, latency));
            return ExitCodes.Ok;
        });
    }

    private static async Task<TimeSpan?> TightestAsync(Session session, string model, CancellationToken stop)
    {
        var users = (await session.Admin.ApplicationsAsync(stop)).Where(a => a.Spec.Selection.Targets.Any(t => t.Model == model)).ToList();
        return users.Count == 0 ? null : users.Min(a => a.Spec.Slo.Latency);
    }

    // Directly where it listens on this machine; else the way the query frontend forwards.
    private static Uri Replica(Session session, string model, VersionStatus version)
    {
        var ready = version.Replicas.FirstOrDefault(r => r is { Phase: ReplicaPhase.Ready, Address: not null })
            ?? throw new CliException(ExitCodes.Failed, $"{model}:{version.Spec.Version} has no ready replica; see: orch status");
        return Uri.TryCreate($"http://{ready.Address}/", UriKind.Absolute, out var address) && address.IsLoopback
            ? address
            : new Uri(session.QueryAddress, $"containers/{Uri.EscapeDataString(model)}/{Uri.EscapeDataString(version.Spec.Version)}/");
    }

    private static async Task<IReadOnlyList<ProfiledBatch>> MeasureAsync(Session session, Uri container, string model, VersionStatus version, ProfileOptions options, CancellationToken stop)
    {
        var signature = version.Signature ?? throw new CliException(ExitCodes.Failed, $"The inputs of {model}:{version.Spec.Version} are not known yet; see: orch status");
        var row = SampleTensors.Row(BenchCommand.Tensors(signature));
        try
        {
            var server = await session.Http.GetStringAsync(new Uri(container, "v2"), stop);
            return await BatchProfiler.RunAsync(
                new Uri(container, $"v2/models/{Uri.EscapeDataString(model)}/infer"),
                row,
                server.Contains(Binary, StringComparison.Ordinal),
                options,
                size => session.Printer.NoteAsync(string.Create(CultureInfo.InvariantCulture, $"{size.Rows} rows: {Sizes.Format(size.P50)}, {size.RowsPerSecond:0} rows/s")),
                stop);
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or ArgumentException or ProtocolException)
        {
            throw new CliException(ExitCodes.Failed, e.Message.Split(" (Parameter")[0], innerException: e);
        }
    }

    private static MeasuredProfile Export(string model, string version, Uri container, IReadOnlyList<ProfiledBatch> sizes, DateTimeOffset now) => new()
    {
        Schema = MeasuredProfile.SchemaV1,
        Model = model,
        Version = version,
        TakenAt = now,
        Source = $"orch profile: one connection to {container.GetLeftPart(UriPartial.Authority)}, one batch after the other",
        Sizes = [.. sizes.Select(s => new MeasuredSize(s.Rows, (int)Math.Min(int.MaxValue, s.Samples), s.P50.TotalMicroseconds, s.P99.TotalMicroseconds))],
    };

    private static ProfileReport Report(string model, string version, Uri container, IReadOnlyList<ProfiledBatch> sizes, TimeSpan? slo)
    {
        var (fixedCost, perRow) = SizeLimit.Line(sizes);
        return new ProfileReport(
            model, version, container.ToString(), slo?.TotalMilliseconds, slo is { } whole ? SizeLimit.Within(sizes, whole) : null, slo is { } half ? SizeLimit.Within(sizes, half / 2) : null,
            fixedCost.TotalMicroseconds, perRow.TotalMicroseconds, [.. sizes.Select(ProfileSize.Of)]);
    }

    private static async Task PrintAsync(Session session, ProfileReport report)
    {
        if (session.Printer.IsJson)
        {
            await session.Printer.RawLineAsync(report.ToJson());
            return;
        }

        var table = new TextTable("rows", "batches", "p50", "p95", "p99", "rows/s");
        foreach (var size in report.Sizes)
        {
            table.Add(Text($"{size.Rows}"), Text($"{size.Samples}"), Time(size.P50Us), Time(size.P95Us), Time(size.P99Us), Text($"{size.RowsPerSecond:0}"));
        }

        await session.Printer.TableAsync(table);
        var lines = new StringBuilder(Text($"a batch costs about {Time(report.BaseUs)} and each row {report.PerRowUs:0.##} us"));
        if (report.Verdict() is { } verdict)
        {
            lines.Append('\n').Append(verdict);
        }

        await session.Printer.LineAsync(lines.ToString());
    }

    private static string Time(double microseconds) => Sizes.Format(TimeSpan.FromMicroseconds(microseconds));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
