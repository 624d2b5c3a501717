using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What a request pays for naming an entity instead of giving its features.</summary>
internal sealed class FeaturesBenchmark : IBenchmark
{
    private const int Rows = 5_000;
    private const int Pixels = 64;
    private const int Views = 20;
    private const int RowsPerWrite = 1_000;
    private const string P50 = "p50 ms";
    private const string P99 = "p99 ms";
    private const string Given = "all given";
    private const string One = "1 view";
    private const string Twenty = "20 views";
    private const string OneName = "features-1";
    private const string TwentyName = "features-20";

    public string Name => "features";

    public string Question => "what does it cost to look features up instead of sending them?";

    public string Method => """
        Logistic regression on digits, cache off, a real Redis on the same machine. One connection sends one query after the other through `POST /{app}/predict`: with all 64 numbers in
        the request (*all given*), or with `{"entity": {"id": n}}`, whose 64 features lie in one view, or in 20 views of 3 or 4 features. 5,000 entities; every answer is compared with the label that
        the model gives the row.
        """;

    public bool NeedsRedis => true;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Digits.Plain) { Artefact = Digits.Logistic }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("p50 in ms, 1 view - all given", ComparisonKind.Difference, P50, One, Given, null),
        new("p50 in ms, 20 views - all given", ComparisonKind.Difference, P50, Twenty, Given, null),
        new("p50, 1 view / all given", ComparisonKind.Ratio, P50, One, Given, null),
        new("p50, 20 views / all given", ComparisonKind.Ratio, P50, Twenty, Given, null),
        new("p99, 1 view / all given", ComparisonKind.Ratio, P99, One, Given, null),
        new("p99, 20 views / all given", ComparisonKind.Ratio, P99, Twenty, Given, null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(Digits.Plain, stop), stop);
        ApplicationSpec[] applications = [Application(OneName, 1), Application(TwentyName, Views)];
        await run.Cluster.AddApplicationsAsync(applications, stop);
        foreach (var view in applications.SelectMany(a => a.Features!.Views))
        {
            await FillAsync(run.Cluster.Admin, view, rows, stop);
        }

        byte[][] entities = [.. Enumerable.Range(0, Rows).Select(i => Encoding.ASCII.GetBytes($$$"""{"entity":{"id":{{{i}}}}}"""))];
        Task<Measured> MeasureAsync(string application, Func<int, ReadOnlyMemory<byte>> body) =>
            FeaturesBenchmark.MeasureAsync(run, new LoadPlan { Uri = run.Cluster.Predict(application), Body = body }, rows.IsPredictRight, stop);
        await run.AlternateAsync(
            [
                (Given, () => MeasureAsync(Digits.Plain, rows.Predict)),
                (One, () => MeasureAsync(OneName, i => entities[i % Rows])),
                (Twenty, () => MeasureAsync(TwentyName, i => entities[i % Rows])),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var result = await run.LoadAsync(plan, check, stop);
        return new Measured(
            new Dictionary<string, double> { [P50] = result.ModelLatency.P50.TotalMilliseconds, ["p90 ms"] = result.ModelLatency.P90.TotalMilliseconds, [P99] = result.ModelLatency.P99.TotalMilliseconds },
            result.Counts.ToString());
    }

    /// <summary>No defaults: a look-up that missed would be seen.</summary>
    private static ApplicationSpec Application(string name, int views)
    {
        var perView = Enumerable.Range(0, Pixels).GroupBy(pixel => pixel * views / Pixels);
        return new ApplicationSpec
        {
            Name = name,
            Slo = new SloSpec { Latency = TimeSpan.FromSeconds(1) },
            Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = Digits.Plain }] },
            Features = new FeaturesSpec
            {
                Views =
                [
                    .. perView.Select(view => new FeatureViewSpec
                    {
                        Name = $"{name}-{view.Key}",
                        Entity = [new EntityKeySpec { Name = "id", Type = "int64" }],
                        Features = [.. view.Select(pixel => new FeatureSpec { Name = $"p{pixel}", Type = "double" })],
                    }),
                ],
            },
        };
    }

    private static async Task FillAsync(HttpClient admin, FeatureViewSpec view, DigitRows rows, CancellationToken stop)
    {
        var pixels = view.Features.Select(f => int.Parse(f.Name.AsSpan(1), CultureInfo.InvariantCulture)).ToArray();
        foreach (var ids in Enumerable.Range(0, Rows).Chunk(RowsPerWrite))
        {
            var body = new WriteFeaturesRequest { View = view, Rows = [.. ids.Select(id => ToRow(id, rows.Predict(id), pixels))] };
            using var answer = await admin.PostAsJsonAsync("api/v1/features", body, CoreJson.Default.WriteFeaturesRequest, stop);
            if (!answer.IsSuccessStatusCode)
            {
                throw new BenchmarkException($"features: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
            }
        }
    }

    private static JsonElement ToRow(int id, ReadOnlyMemory<byte> given, int[] pixels)
    {
        using var request = JsonDocument.Parse(given);
        var values = request.RootElement.GetProperty("input");
        using var row = JsonDocument.Parse($$"""{"id":{{id}},{{string.Join(',', pixels.Select(p => $"\"p{p}\":{values[p].GetRawText()}"))}}}""");
        return row.RootElement.Clone();
    }
}
