using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Orchestrator.Cli.Commands;
using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Simulation;
using Orchestrator.Simulation.Latency;
using Orchestrator.Simulation.Policies;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Cli.Simulation;

/// <summary>The options of <c>orch simulate</c>, and the plans they mean.</summary>
internal sealed class SimulateOptions
{
    private const string DefaultLatency = "5ms+0.5ms";
    private const string DefaultLoads = "0.25,0.5,0.75,0.9,1,1.1,1.25,1.5,2";

    private readonly Option<string> _policies = Text("--policy", string.Join(',', SimulatedPolicies.Names), "NAMES", $"Policies to compare, of {string.Join(", ", SimulatedPolicies.Names)}. fifo is what most servers do and exists here only.");
    private readonly Option<string> _traces = Text("--trace", "poisson", "NAMES", "Traffic: poisson, gamma (CV 4), bursty (on at twice the rate and off by turns), step (half the rate, then twice the rate), closed (so many clients); or all.");
    private readonly Option<string> _loads = Text("--load", DefaultLoads, "NUMBERS", "Offered loads, as multiples of the capacity: what the replicas can do at best within the SLO.");
    private readonly Option<string> _clients = Text("--clients", "1,4,16,64,128", "NUMBERS", "Clients of the closed trace.");
    private readonly Option<string[]> _latencies = new("--latency") { Description = $"Latency of a batch, FIXED+PERROW; repeat it for several models. Default {DefaultLatency}, unless there is a profile.", HelpName = "A+B", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _profiles = new("--profile") { Description = "Latency as orch profile --export measured it; repeat it for several models.", HelpName = "FILE", AllowMultipleArgumentsPerToken = false };
    private readonly Option<double> _noise = new("--noise") { Description = "Lognormal noise of --latency: standard deviation of the logarithm.", HelpName = "SIGMA", DefaultValueFactory = _ => 0.1 };
    private readonly Option<int> _maxSize = new("--max-size") { Description = "Most rows in a batch.", HelpName = "ROWS", DefaultValueFactory = _ => 16 };
    private readonly Option<int> _replicas = new("--replicas") { Description = "Replicas of each model.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _slos = Text("--slo", "50ms", "DURATIONS", "Time within which a request must be answered; of several each request draws one.");
    private readonly Option<Duration> _delay = SpecOptions.Duration("--delay", "How long a batch that is not full waits, for fifo, fixed, aimd and quantile.", TimeSpan.Zero);
    private readonly Option<double> _coldStart = new("--cold-start") { Description = "How many times longer than usual the batches of the warm-up take.", HelpName = "TIMES", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _requests = new("--requests") { Description = "Requests per model and run; the first 5 % do not count.", HelpName = "N", DefaultValueFactory = _ => 100_000 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Equal seeds give equal results.", HelpName = "N", DefaultValueFactory = _ => 1 };

    public void AddTo(Command command) =>
        command.With(_policies, _traces, _loads, _clients, _latencies, _profiles, _noise, _maxSize, _replicas, _slos, _delay, _coldStart, _requests, _seed, Svg);

    public Option<string?> Svg { get; } = new("--svg") { Description = "Draw goodput against offered load into this file, one line per policy.", HelpName = "FILE" };

    /// <summary>One plan per trace, load and policy, in this order.</summary>
    /// <exception cref="CliException">Something is not what its option expects.</exception>
    public IReadOnlyList<SimulationPlan> Plans(ParseResult parsed)
    {
        var models = Models(parsed);
        var plans = new List<SimulationPlan>();
        foreach (var trace in TracesOf(parsed.GetValue(_traces)!))
        {
            var closed = trace == Trace.Closed;
            foreach (var x in closed ? Numbers(_clients, parsed) : Numbers(_loads, parsed))
            {
                plans.AddRange(Split(parsed.GetValue(_policies)!).Select(policy => new SimulationPlan
                {
                    Policy = policy,
                    Trace = trace,
                    Load = closed ? 1 : x,
                    Clients = closed ? (int)x : 1,
                    Requests = parsed.GetValue(_requests),
                    Seed = parsed.GetValue(_seed),
                    Models = models,
                }));
            }
        }

        return plans;
    }

    private List<SimulatedModelPlan> Models(ParseResult parsed)
    {
        var profiles = parsed.GetValue(_profiles) ?? [];
        var latencies = parsed.GetValue(_latencies) ?? [];
        if (profiles.Length + latencies.Length == 0)
        {
            latencies = [DefaultLatency];
        }

        var slos = Split(parsed.GetValue(_slos)!).Select(t => DurationOf(_slos.Name, t)).ToArray();
        LatencyModel[] models = [.. latencies.Select(t => Linear(t, parsed.GetValue(_noise))), .. profiles.Select(Profiled)];
        return [.. models.Select((latency, i) => new SimulatedModelPlan
        {
            Name = $"model {i + 1}",
            Latency = latency,
            MaxRows = parsed.GetValue(_maxSize),
            Replicas = parsed.GetValue(_replicas),
            Slos = slos,
            Delay = parsed.GetValue(_delay).Value,
            ColdStart = parsed.GetValue(_coldStart),
        })];
    }

    private LinearLatency Linear(string text, double noise)
    {
        var parts = text.Split('+');
        if (parts.Length != 2)
        {
            throw new CliException(ExitCodes.Invalid, $"{_latencies.Name}: expected a fixed part and a part per row such as {DefaultLatency}, got '{text}'.");
        }

        if (noise is not (>= 0 and <= 3))
        {
            throw new CliException(ExitCodes.Invalid, $"{_noise.Name}: expected 0 to 3, got {noise}.");
        }

        return new LinearLatency(DurationOf(_latencies.Name, parts[0]), DurationOf(_latencies.Name, parts[1]), noise);
    }

    private ProfiledLatency Profiled(string path)
    {
        try
        {
            return new ProfiledLatency(MeasuredProfile.Parse(File.ReadAllText(path)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CliException(ExitCodes.Invalid, $"{_profiles.Name}: {path}: {FileMistake.Describe(error)}.", innerException: error);
        }
    }

    private static IEnumerable<Trace> TracesOf(string text) =>
        text == "all"
            ? Enum.GetValues<Trace>()
            : Split(text).Select(t => Enum.TryParse<Trace>(t, ignoreCase: true, out var trace) && !char.IsAsciiDigit(t[0])
                ? trace
                : throw new CliException(ExitCodes.Invalid, $"--trace: expected poisson, gamma, bursty, step, closed or all, got '{t}'."));

    private static double[] Numbers(Option<string> option, ParseResult parsed) =>
    [
        .. Split(parsed.GetValue(option)!).Select(t => double.TryParse(t, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new CliException(ExitCodes.Invalid, $"{option.Name}: expected positive numbers separated by commas, got '{t}'.")),
    ];

    private static TimeSpan DurationOf(string option, string text) =>
        Durations.TryParse(text, out var value) ? value : throw new CliException(ExitCodes.Invalid, $"{option}: expected {Durations.Expected}, got '{text}'.");

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Option<string> Text(string name, string usual, string help, string description) => new(name) { Description = description, HelpName = help, DefaultValueFactory = _ => usual };
}
