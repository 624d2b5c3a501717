using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;
using StackExchange.Redis;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What an answer from each level of the prediction cache costs.</summary>
internal sealed class RedisHitsBenchmark : IBenchmark
{
    /// <summary>More than fit into 1 MiB: asked in a circle, none is found in the process.</summary>
    private const int Rows = 20_000;
    private const double LeastFromRedis = 0.95;
    private const string InProcess = "hit in process";
    private const string FromRedis = "hit from Redis";
    private const string Bare = "bare Kestrel";
    private const string Get = "bare GET";
    private const string PerSecond = "answers/s";
    private const string P50One = "p50 us, 1 caller";
    private const string P99 = "p99 ms";
    private const string Share = "% from Redis";

    public string Name => "redis-hits";

    public string Question => "what does an answer from the cache cost, in the process and from Redis?";

    public string Method => """
        64 doubles as JSON to `POST /{app}/predict`, logistic regression on digits, a real Redis on the same machine. Half of each measurement is one connection (p50), half 64 in a closed loop (answers/s, p99).
        *Hit in process*: one fixed input. *Hit from Redis*: 20,000 inputs in a circle while the cache in the process holds 1 MiB, about a tenth of them, so none is found there; *% from Redis* by the orchestrator's own metrics, the rest
        timed out and was computed. Every answer is compared with the label that the model gives the row. *Bare Kestrel* parses the same bodies and answers as much. *Bare GET* is StackExchange.Redis alone: 1, then 64 callers in the generator's
        process get one of the same values, without any HTTP.
        """;

    public bool NeedsRedis => true;

    public IReadOnlyList<string> Arguments => ["--cache-mib", "1"];

    public IReadOnlyList<ModelUnderTest> Models { get; } =
        [new(Digits.Cached) { Artefact = Digits.Logistic, Cache = new CacheSpec { Ttl = TimeSpan.FromHours(1) } }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("answers per second, hit in process / bare Kestrel", ComparisonKind.Ratio, PerSecond, InProcess, Bare, 0.8),
        new("answers per second, hit from Redis / bare Kestrel", ComparisonKind.Ratio, PerSecond, FromRedis, Bare, null),
        new("answers per second, hit from Redis / bare GET", ComparisonKind.Ratio, PerSecond, FromRedis, Get, null),
        new("p50 in us of one caller, hit from Redis - hit in process", ComparisonKind.Difference, P50One, FromRedis, InProcess, null),
        new("p50 in us of one caller, bare GET", ComparisonKind.Value, P50One, Get, null, null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(Digits.Cached, stop), stop);
        await using var bare = await OtherServer.BareKestrelAsync(run.Options, stop);
        using var client = await ConnectionMultiplexer.ConnectAsync(run.Redis.Endpoint);

        // Of client 1.x, at its best as the orchestrator has it; later ones are so anyway, and have no such property.
        typeof(ConnectionMultiplexer).GetProperty("PreserveAsyncOrder")?.SetValue(client, false);
        await FillAsync(run, rows, stop);
        RedisKey key = (byte[])(await client.GetDatabase().ExecuteAsync("RANDOMKEY"))!;
        var one = rows.Predict(0);
        var fixedPlan = new LoadPlan { Uri = run.Cluster.Predict(Digits.Cached), Body = _ => one };
        await run.AlternateAsync(
            [
                (InProcess, () => HitsAsync(run, fixedPlan, (_, answer) => rows.IsPredictRight(0, answer), stop)),
                (FromRedis, () => FromRedisAsync(run, fixedPlan with { Body = rows.Predict }, rows.IsPredictRight, stop)),
                (Bare, () => HitsAsync(run, new LoadPlan { Uri = new Uri(bare.Address, $"/{Digits.Cached}/predict"), Body = rows.Predict }, null, stop)),
                (Get, () => GetsAsync(run, client.GetDatabase(), key, stop)),
            ],
            stop);
    }

    /// <summary>Asks every row until Redis has all: what the write-behind had no room for is asked again.</summary>
    private static async Task FillAsync(BenchmarkRun run, DigitRows rows, CancellationToken stop)
    {
        var plan = new LoadPlan { Uri = run.Cluster.Predict(Digits.Cached), Body = rows.Predict, Connections = 16, Requests = Rows, Duration = TimeSpan.FromMinutes(1) };
        for (var lap = 0; lap < 5; lap++)
        {
            var before = await WrittenAsync(run, stop);
            await LoadRunner.RunAsync(plan, rows.IsPredictRight, stop: stop);
            await HostMetrics.UntilAsync(run.Cluster.Admin, "orchestrator_store_writes_pending", 0, stop);
            if (await WrittenAsync(run, stop) == before)
            {
                return;
            }
        }
    }

    private static Task<double> WrittenAsync(BenchmarkRun run, CancellationToken stop) => HostMetrics.SumAsync(run.Cluster.Admin, "orchestrator_store_writes_total", "result=\"", stop);

    private static Task<double> FoundAsync(BenchmarkRun run, CancellationToken stop) => HostMetrics.SumAsync(run.Cluster.Admin, "orchestrator_store_reads_total", "result=\"hit\"", stop);

    private static async Task<Measured> FromRedisAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var (before, asked) = (await FoundAsync(run, stop), 0L);
        var measured = await HitsAsync(run, plan, check, stop, total => asked += total);
        var share = (await FoundAsync(run, stop) - before) / asked;
        return share >= LeastFromRedis
            ? measured with { Values = new Dictionary<string, double>(measured.Values) { [Share] = share * 100 } }
            : throw new BenchmarkException($"only {share:P1} of the answers came from Redis, expected at least {LeastFromRedis:P0}");
    }

    private static async Task<Measured> HitsAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck? check, CancellationToken stop, Action<long>? sent = null)
    {
        var one = await run.LoadAsync(plan, check, stop, divisor: 2);
        var many = await run.LoadAsync(plan with { Connections = run.Options.Connections }, check, stop, divisor: 2);
        sent?.Invoke(one.Series.Sum(i => (long)i.Counts.Total) + many.Series.Sum(i => (long)i.Counts.Total));
        return Values(one.ModelLatency.P50, many.Counts.Model / many.Elapsed.TotalSeconds, many.ModelLatency.P99, many.Counts.ToString());
    }

    private static async Task<Measured> GetsAsync(BenchmarkRun run, IDatabase database, RedisKey key, CancellationToken stop)
    {
        var one = await GetAsync(run, database, key, 1, stop);
        var many = await GetAsync(run, database, key, run.Options.Connections, stop);
        return Values(one[one.Length / 2], many.Length / run.Share(2).TotalSeconds, many[(int)(many.Length * 0.99)], $"GET {many.Length}");
    }

    /// <summary>How long each GET after the warm-up took, in order of length.</summary>
    private static async Task<TimeSpan[]> GetAsync(BenchmarkRun run, IDatabase database, RedisKey key, int callers, CancellationToken stop)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (counted, end) = (run.WarmUp / 2, (run.WarmUp / 2) + run.Share(2));
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(
            async () =>
            {
                List<TimeSpan> own = [];
                while (TimeProvider.System.GetElapsedTime(began) is var at && at < end && !stop.IsCancellationRequested)
                {
                    if ((await database.StringGetAsync(key)).IsNull)
                    {
                        throw new BenchmarkException("the value that GET reads is gone");
                    }

                    if (at > counted)
                    {
                        own.Add(TimeProvider.System.GetElapsedTime(began) - at);
                    }
                }

                return own;
            },
            stop)));
        return [.. times.SelectMany(t => t).Order()];
    }

    private static Measured Values(TimeSpan p50, double perSecond, TimeSpan p99, string answers) =>
        new(new Dictionary<string, double> { [P50One] = p50.TotalMicroseconds, [PerSecond] = perSecond, [P99] = p99.TotalMilliseconds }, answers);
}
