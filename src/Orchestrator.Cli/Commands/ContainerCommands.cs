using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Output;
using Orchestrator.Conformance;
using Orchestrator.Core;
using Orchestrator.Protocol;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch container ...</c>: for authors of containers.</summary>
internal static class ContainerCommands
{
    public static Command Create(CliContext context, GlobalOptions globals) =>
        new Command("container", "For authors of containers.").With(Check(context, globals));

    private static Command Check(CliContext context, GlobalOptions globals)
    {
        var url = new Argument<string>("url") { Description = "Where the container listens, such as http://127.0.0.1:8080; it should be ready." };
        var model = new Option<string?>("--model") { Description = "Name of the model it serves; left out: what the container says.", HelpName = "NAME" };
        var version = new Option<string?>("--version") { Description = "The version to call; without it calls name none.", HelpName = "VERSION" };
        var socket = new Option<string?>("--socket") { Description = "A Unix socket it listens on instead.", HelpName = "PATH" };
        var sample = new Option<string?>("--sample") { Description = "File with inputs the model can compute, as the body of an infer request in JSON; without it they are made up from the signature.", HelpName = "FILE" };
        var slow = new Option<string?>("--slow-sample") { Description = "The same with one row that takes the model some tenths of a second; without it what needs a slow batch is skipped.", HelpName = "FILE" };
        var varying = new Option<string[]>("--varying") { Description = "Name of an output whose values differ from call to call by design (may be given several times); its form is checked, not its values.", HelpName = "OUTPUT", DefaultValueFactory = _ => [] };
        var timeout = SpecOptions.Duration("--timeout", "How long each call may take.", ConformanceTarget.DefaultTimeout);
        var command = new Command("check", "Check the container contract (docs/container-contract.md) against a container that runs; exit code 1 if it breaks it.");
        return command.With(url, model, version, socket, sample, slow, varying, timeout).Runs(context, globals, async (session, parsed, stop) =>
        {
            var target = new ConformanceTarget
            {
                Url = ReadAddress(parsed.GetRequiredValue(url)),
                Model = parsed.GetValue(model) ?? ConformanceTarget.DefaultModel,
                Version = parsed.GetValue(version),
                SocketPath = parsed.GetValue(socket),
                Sample = await ReadSampleAsync(parsed.GetValue(sample), stop),
                SlowSample = await ReadSampleAsync(parsed.GetValue(slow), stop),
                VaryingOutputs = parsed.GetRequiredValue(varying).ToHashSet(StringComparer.Ordinal),
                Timeout = parsed.GetValue(timeout).Value,
            };
            target = await FindAsync(session, target, isNamed: parsed.GetValue(model) is not null, stop);
            return await RunAsync(session, target, stop);
        });
    }

    /// <exception cref="CliException">Nobody listens, or nobody knows the model: every check would only say so again.</exception>
    private static async Task<ConformanceTarget> FindAsync(Session session, ConformanceTarget target, bool isNamed, CancellationToken stop)
    {
        var probe = new ContainerProbe(session.Context.Time);
        if (await probe.ObstacleAsync(target, stop) is { } obstacle)
        {
            throw new CliException(ExitCodes.Failed, $"Nothing was checked: {obstacle}");
        }

        var finding = isNamed ? new ModelFinding(IsServed: true, target.Model) : await probe.FindModelAsync(target, stop);
        if (finding.IsServed)
        {
            return target;
        }

        if (finding.Name is not { } name)
        {
            throw new CliException(ExitCodes.Invalid, $"The container serves no model '{target.Model}' and does not say which one it serves; pass --model NAME.");
        }

        await session.Printer.NoteAsync($"checking model '{name}', the one it serves");
        return target with { Model = name };
    }

    private static async Task<int> RunAsync(Session session, ConformanceTarget target, CancellationToken stop)
    {
        var counts = new Dictionary<CheckOutcome, int>();
        await foreach (var check in new ConformanceSuite(session.Context.Time).RunAsync(target, stop))
        {
            counts[check.Outcome] = counts.GetValueOrDefault(check.Outcome) + 1;
            await session.Printer.RawLineAsync(session.Printer.IsJson
                ? CliJson.Check(new CheckLine(check.Id, check.Title, check.Level.ToString(), check.Outcome.ToString(), check.Detail, check.Duration.TotalMilliseconds))
                : Describe(check));
        }

        var failed = counts.GetValueOrDefault(CheckOutcome.Failed);
        await session.Printer.LineAsync(string.Create(CultureInfo.InvariantCulture, $"{counts.GetValueOrDefault(CheckOutcome.Passed)} passed, {failed} failed, {counts.GetValueOrDefault(CheckOutcome.Skipped)} skipped"));
        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Describe(CheckResult check)
    {
        var outcome = check.Outcome switch { CheckOutcome.Passed => "ok", CheckOutcome.Failed => "FAILED", _ => "skipped" };
        return $"{outcome,-8} {check.Id,-32} {check.Title}{(check.Detail.Length == 0 ? "" : $"\n         {check.Detail.ReplaceLineEndings("\n         ")}")}";
    }

    private static async Task<InferRequest?> ReadSampleAsync(string? path, CancellationToken stop)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            return InferCodec.ReadRequest(await File.ReadAllBytesAsync(path, stop), headerLength: null, CodecLimits.Default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Invalid, $"{path}: {FileMistake.Describe(e)}.", innerException: e);
        }
        catch (ProtocolException e)
        {
            throw new CliException(ExitCodes.Invalid, $"{path}: expected the body of an infer request in JSON, such as {{\"inputs\":[{{\"name\":\"input\",\"datatype\":\"FP64\",\"shape\":[1,2],\"data\":[1,2]}}]}}: {e.Message}", innerException: e);
        }
    }

    private static Uri ReadAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CliException(ExitCodes.Invalid, $"url: expected an address such as http://127.0.0.1:8080, got '{text}'.");
}
