using System.Text;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What a model pays for running in a container of a Docker engine instead of a child process.</summary>
internal sealed class DockerBenchmark : IBenchmark
{
    private const string Variable = "ORCHESTRATOR_TEST_DOCKER_SOCKET";
    private const int Rows = 5_000;
    private const string Noop = "noop";
    private const string Sklearn = "sklearn";
    private const string Process = "process";
    private const string Socket = "docker socket";
    private const string Bridge = "docker bridge";
    private const string P50 = "p50 us";
    private const string PerSecond = "answers/s";

    public string Name => "docker";

    public string Question => "what does a model pay for running under Docker instead of as a child process?";

    public string Method => """
        Two orchestrators of the same build run side by side, one with `runtime: process`, one with `runtime: docker`; each is asked over `POST /APP/predict`, cache off, default batching policy, one replica. *docker socket*: containers of a framework, reached through a Unix
        socket in a bind-mounted folder. *docker bridge*: the same images as `framework: custom`, reached at their address on the engine's bridge. *noop* computes nothing (the sum of one number), *sklearn* is logistic regression on digits with every answer checked. Each measurement first has one
        connection in a closed loop, which gives p50 (of the whole way from client to client), then 64, which give answers/s.

        What the ratios mean: 1 is no difference. In p50 1.1 is a tenth more time from question to answer, in throughput 0.9 a tenth fewer answers on the same cores, which client, orchestrator and container share.
        Noise of the machine moves one measurement by more than Docker does, so the median over the rounds counts; *noop* shows the way alone, *sklearn* what is left of it beside a small model. At 64
        connections client and orchestrator use most of the cores, the container little.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Noop) { Framework = Noop }, new(Sklearn) { Artefact = Digits.Logistic }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        .. from model in new[] { Noop, Sklearn }
           from way in new[] { Socket, Bridge }
           from metric in new[] { P50, PerSecond }
           select new Comparison($"{model}, {(metric == P50 ? "p50" : "answers per second")}, {way} / {Process}", ComparisonKind.Ratio, metric, $"{model} {way}", $"{model} {Process}", null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var engine = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
            ? path
            : throw new BenchmarkException($"{Variable} does not say where the tests' engine listens: run this through tests/bench.sh, which starts one");
        await using var docker = await ClusterUnderTest.StartAsync(
            run.Options,
            [
                new(NameOf(Noop, Socket)) { Framework = Noop },
                new(NameOf(Noop, Bridge)) { Framework = "custom", Image = "orchestrator-noop:latest" },
                new(NameOf(Sklearn, Socket)) { Artefact = Digits.Logistic },
                new(NameOf(Sklearn, Bridge)) { Framework = "custom", Image = "orchestrator-sklearn:latest", Artefact = Digits.Logistic },
            ],
            stop,
            engine);
        await CheckReachAsync(docker, stop);
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(Sklearn, stop), stop);
        (string Variant, Func<Task<Measured>> MeasureAsync) Variant(string model, string way)
        {
            var uri = way == Process ? run.Cluster.Predict(model) : docker.Predict(NameOf(model, way));
            return ($"{model} {way}", () => MeasureAsync(run, model == Noop ? NoopPlan(uri) : new LoadPlan { Uri = uri, Body = rows.Predict }, model == Noop ? IsSum : rows.IsPredictRight, stop));
        }

        await run.AlternateAsync([.. from model in new[] { Noop, Sklearn } from way in new[] { Process, Socket, Bridge } select Variant(model, way)], stop);
    }

    private static string NameOf(string model, string way) => $"{model}-{way.Split(' ')[1]}";

    // Where they are reached is decided by the runtime: what is measured must be what the report says.
    private static async Task CheckReachAsync(ClusterUnderTest docker, CancellationToken stop)
    {
        foreach (var model in new[] { Noop, Sklearn })
        {
            var (socket, bridge) = (await docker.AddressOfAsync(NameOf(model, Socket), stop), await docker.AddressOfAsync(NameOf(model, Bridge), stop));
            if (!socket.StartsWith("unix:", StringComparison.Ordinal) || bridge.StartsWith("unix:", StringComparison.Ordinal) || bridge.StartsWith("127.", StringComparison.Ordinal))
            {
                throw new BenchmarkException($"expected a Unix socket and an address on the engine's bridge, got {socket} and {bridge}");
            }
        }
    }

    private static LoadPlan NoopPlan(Uri uri)
    {
        var body = Encoding.UTF8.GetBytes("""{"input":[1.0]}""");
        return new LoadPlan { Uri = uri, Body = _ => body };
    }

    private static bool IsSum(int index, ReadOnlySpan<byte> answer) => answer.IndexOf("\"output\":1"u8) >= 0;

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var one = await run.LoadAsync(plan with { Connections = 1 }, check, stop, divisor: 3);
        var many = await run.LoadAsync(plan with { Connections = run.Options.Connections }, check, stop, divisor: 3);
        return new Measured(
            new Dictionary<string, double>
            {
                [P50] = one.ModelLatency.P50.TotalMicroseconds,
                ["p99 us"] = one.ModelLatency.P99.TotalMicroseconds,
                [PerSecond] = many.Counts.Model / many.Elapsed.TotalSeconds,
                ["p50 ms at 64"] = many.ModelLatency.P50.TotalMilliseconds,
            },
            many.Counts.ToString());
    }
}
