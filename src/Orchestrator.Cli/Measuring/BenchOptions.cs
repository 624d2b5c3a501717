using System.CommandLine;
using Orchestrator.Cli.Commands;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Measuring;

/// <summary>The options of <c>orch bench</c>.</summary>
internal sealed class BenchOptions
{
    private const int ClosedConnections = 16;
    // An open loop must never wait for a connection while the server still answers in time.
    private const int OpenConnections = 256;
    private const double DefaultPercentile = 99;
    private const double DefaultTolerance = 1e-6;
    private const int DefaultRuns = 12;
    private static readonly TimeSpan DefaultWarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(10);

    public Argument<string?> Input { get; } = new("input")
    {
        Description = "What is sent: one input as JSON, @FILE with many (a JSON array of inputs, or one a line), which are sent in turn, over and over; left out: made up from the model's signature, each request another as far as the signature allows.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<string?> Expect { get; } = new("--expect") { Description = "File with the right output of each input of @FILE, in order (a JSON array, or one a line); other answers count as wrong.", HelpName = "FILE" };

    public Option<double> Tolerance { get; } = new("--tolerance") { Description = "How far numbers may be from the expected ones, as a share.", DefaultValueFactory = _ => DefaultTolerance, HelpName = "SHARE" };

    public Option<int?> Connections { get; } = new("--connections", "-c")
    {
        Description = $"Connections that are kept open, each with one request at a time. Default {ClosedConnections}, for an open loop {OpenConnections}.",
        HelpName = "N",
    };

    public Option<double?> Rate { get; } = new("--rate", "-r") { Description = "Open loop: so many requests a second, whatever the answers do; left out: closed loop.", HelpName = "PER-SECOND" };

    public Option<bool> Constant { get; } = new("--constant") { Description = "With --rate or --sweep: requests at equal distances instead of at random (Poisson)." };

    public Option<bool> Sweep { get; } = new("--sweep") { Description = "Look for the highest rate that meets the objective; --duration is that of each rate." };

    public Option<int> Runs { get; } = new("--runs") { Description = "With --sweep: most rates that are tried.", DefaultValueFactory = _ => DefaultRuns, HelpName = "N" };

    public Option<Duration> Duration { get; } = SpecOptions.Duration("--duration", "How long, after the warm-up.", DefaultDuration);

    public Option<Duration?> WarmUp { get; } = SpecOptions.MaybeDuration("--warm-up", "How long before counting begins. Default 1s, with --requests none.");

    public Option<int?> Requests { get; } = new("--requests", "-n") { Description = "End earlier, after so many requests.", HelpName = "N" };

    public Option<Duration?> Slo { get; } = SpecOptions.MaybeDuration("--slo", "The latency that counts as in time; left out: the application's.");

    public Option<double?> Percentile { get; } = new("--percentile") { Description = "Share of all requests that must be in time, per cent; left out: the application's.", HelpName = "PERCENT" };

    public Option<string?> Csv { get; } = new("--csv") { Description = "Write the results in perf_analyzer's columns.", HelpName = "FILE" };

    public Option<string?> Svg { get; } = new("--svg") { Description = "Draw the results.", HelpName = "FILE" };

    public void AddTo(Command command) =>
        command.With(Input, Expect, Tolerance, Connections, Rate, Constant, Sweep, Runs, Duration, WarmUp, Requests, Slo, Percentile, Csv, Svg);

    /// <summary>The load, without what is sent and what the application says.</summary>
    public LoadPlan Plan(ParseResult parsed, Uri uri)
    {
        if (parsed.GetValue(Sweep) && parsed.GetValue(Rate) is not null)
        {
            throw new CliException(ExitCodes.Invalid, "--sweep looks for the rate itself; leave --rate out.");
        }

        if (parsed.GetValue(Runs) < 1)
        {
            throw new CliException(ExitCodes.Invalid, $"--runs: expected at least 1, got {parsed.GetValue(Runs)}.");
        }

        if (parsed.GetValue(Percentile) is { } percentile and not (> 0 and <= 100))
        {
            throw new CliException(ExitCodes.Invalid, $"--percentile: expected more than 0 and at most 100, got {percentile}.");
        }

        var warmUp = parsed.GetValue(WarmUp)?.Value ?? (parsed.GetValue(Requests) is null ? DefaultWarmUp : TimeSpan.Zero);
        return new LoadPlan
        {
            Uri = uri,
            Connections = parsed.GetValue(Connections) ?? (parsed.GetValue(Rate) is null ? ClosedConnections : OpenConnections),
            Rate = parsed.GetValue(Rate),
            Arrivals = parsed.GetValue(Constant) ? ArrivalPattern.Constant : ArrivalPattern.Poisson,
            WarmUp = warmUp,
            Duration = warmUp + parsed.GetValue(Duration).Value,
            Requests = parsed.GetValue(Requests),
        };
    }

    /// <summary>The plan for one of a sweep's rates.</summary>
    public LoadPlan AtRate(ParseResult parsed, LoadPlan plan, double rate) => plan with { Rate = rate, Connections = parsed.GetValue(Connections) ?? OpenConnections };

    /// <summary>What must be reached, of the command line or else of the application; null: nothing is known.</summary>
    public SloTarget? Target(ParseResult parsed, SloSpec? application)
    {
        var latency = parsed.GetValue(Slo)?.Value ?? application?.Latency;
        return latency is null ? null : new SloTarget(latency.Value, parsed.GetValue(Percentile) ?? application?.Percentile ?? DefaultPercentile);
    }
}
