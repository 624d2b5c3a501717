using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Telemetry;

// Providers listen to meters by name, whichever host of this process made them: nothing else may run meanwhile.
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

[Collection(AloneCollection.Name)]
public sealed partial class MetricsTests : IAsyncLifetime
{
    private readonly Clock _time = new();
    private HostRig _rig = null!;
    private FakeContainer _container = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await HostRig.StartAsync(o => o.MetricsGrace = TimeSpan.FromMinutes(5), _time);
        _container = await _rig.AddContainerAsync();
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Metrics_AfterPredictions_AreValidPrometheusText()
    {
        await ServeAsync("1");
        await PredictAsync();
        await PredictAsync();

        var answer = await _rig.Admin.ReadAsync("/metrics");

        answer.Message.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        RequireValid(answer.Text);
        answer.Text.ShouldContain("# TYPE orchestrator_prediction_duration_seconds histogram\n");
        Value(answer.Text, "orchestrator_prediction_duration_seconds_count{application=\"sum\",model=\"sum\",outcome=\"ok\",version=\"1\"}").ShouldBe(2);
        Value(answer.Text, "orchestrator_batch_size_count{model=\"sum\",version=\"1\"}").ShouldBe(2);
        answer.Text.ShouldContain("http_route=\"/{app}/predict\"");
        answer.Text.ShouldContain("# TYPE dotnet_gc_collections_total counter\n");
    }

    [Fact]
    public async Task Metrics_ScrapedTwice_CountersGoOnAndNothingIsCountedTwice()
    {
        await ServeAsync("1");
        await PredictAsync();
        Count(await ScrapeAsync(), "1").ShouldBe(1);
        Count(await ScrapeAsync(), "1").ShouldBe(1);

        await PredictAsync();

        Count(await ScrapeAsync(), "1").ShouldBe(2);
    }

    [Fact]
    public async Task Metrics_VersionNoLongerServed_GoAwayAfterGrace()
    {
        await ServeAsync("1");
        await PredictAsync();
        await ServeAsync("2");
        await PredictAsync();
        Count(await ScrapeAsync(), "1").ShouldBe(1);

        _time.Advance(TimeSpan.FromMinutes(4));
        Count(await ScrapeAsync(), "1").ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(2));
        var text = await ScrapeAsync();

        text.ShouldNotContain("version=\"1\"");
        Count(text, "2").ShouldBe(1);
    }

    [Fact]
    public async Task Metrics_ViewNoLongerLookedUp_GoAwayAfterGrace()
    {
        async Task ServeFeaturesAsync(FeaturesSpec? features) => await _rig.PublishAsync(
            [new ServedModel { Name = "sum", ServingVersion = "1", Versions = [FakeModels.Served("sum", "1", _container)] }],
            [FakeModels.Application("sum", "sum", TimeSpan.FromSeconds(20)) with { Features = features }]);
        var zero = JsonDocument.Parse("0").RootElement;
        await ServeFeaturesAsync(new FeaturesSpec
        {
            Views = [new FeatureViewSpec { Name = "numbers", Entity = [new EntityKeySpec { Name = "id" }], Features = [.. "abcd".Select(c => new FeatureSpec { Name = $"{c}", Type = "double", Default = zero })] }],
        });
        (await _rig.Query.PostAsync("/sum/predict", """{"entity": {"id": 7}}""")).Status.ShouldBe(200);
        const string Series = "orchestrator_feature_lookups_total{application=\"sum\",result=\"unavailable\",view=\"numbers\"}";
        Value(await ScrapeAsync(), Series).ShouldBe(1);

        await ServeFeaturesAsync(null);
        (await ScrapeAsync()).ShouldContain(Series);
        _time.Advance(TimeSpan.FromMinutes(6));

        (await ScrapeAsync()).ShouldNotContain("view=\"numbers\"");
    }

    [Fact]
    public async Task Metrics_HundredVersionSwapsOfManyModels_StayBounded()
    {
        const int models = 100;
        using var meter = new Meter("Orchestrator.Test");
        var counter = meter.CreateCounter<long>("orchestrator.test");
        var largest = 0;
        for (var version = 1; version <= 100; version++)
        {
            await _rig.PublishAsync([.. Enumerable.Range(0, models).Select(m => new ServedModel { Name = $"m{m}", ServingVersion = $"{version}", Versions = [FakeModels.Served("sum", $"{version}")] })], []);
            for (var m = 0; m < models; m++)
            {
                counter.Add(1, new("model", $"m{m}"), new("version", $"{version}"));
            }

            var text = await ScrapeAsync();
            largest = Math.Max(largest, text.Split('\n').Count(l => l.StartsWith("orchestrator_test_total{", StringComparison.Ordinal)));
            text.ShouldNotContain("otel_metric_overflow");
            _time.Advance(TimeSpan.FromMinutes(6));
        }

        // What is served now, and at most what was served just before.
        largest.ShouldBeLessThanOrEqualTo(2 * models);
    }

    [Fact]
    public async Task Metrics_ThousandModels_EachHasItsSeries()
    {
        using var meter = new Meter("Orchestrator.Test");
        var histogram = meter.CreateHistogram<double>("orchestrator.many", "s");
        await _rig.PublishAsync([.. Enumerable.Range(0, 1000).Select(m => new ServedModel { Name = $"m{m}", ServingVersion = "1", Versions = [FakeModels.Served("sum", "1")] })], []);
        for (var m = 0; m < 1000; m++)
        {
            foreach (var outcome in new[] { "ok", "rejected", "deadline_missed" })
            {
                histogram.Record(0.004, new("model", $"m{m}"), new("version", "1"), new("outcome", outcome));
            }
        }

        var text = await ScrapeAsync();

        RequireValid(text);
        text.Split('\n').Count(l => l.StartsWith("orchestrator_many_seconds_count{", StringComparison.Ordinal)).ShouldBe(3000);
        Value(text, "orchestrator_many_seconds_bucket{model=\"m999\",outcome=\"ok\",version=\"1\",le=\"0.0025\"}").ShouldBe(0);
        Value(text, "orchestrator_many_seconds_bucket{model=\"m999\",outcome=\"ok\",version=\"1\",le=\"0.005\"}").ShouldBe(1);
        Value(text, "orchestrator_many_seconds_bucket{model=\"m999\",outcome=\"ok\",version=\"1\",le=\"+Inf\"}").ShouldBe(1);
    }

    [Fact]
    public async Task Metrics_GaugeNoLongerObserved_GoesAway()
    {
        using var meter = new Meter("Orchestrator.Test");
        var replicas = new List<Measurement<long>> { new(3, new KeyValuePair<string, object?>("instance", "a\"\\\n")) };
        meter.CreateObservableGauge("orchestrator.inflight", () => replicas);
        (await ScrapeAsync()).ShouldContain("""orchestrator_inflight{instance="a\"\\\n"} 3""");

        replicas.Clear();

        (await ScrapeAsync()).ShouldNotContain("orchestrator_inflight");
    }

    private Task ServeAsync(string version) => _rig.PublishAsync(
        [new ServedModel { Name = "sum", ServingVersion = version, Timeout = TimeSpan.FromSeconds(20), Versions = [FakeModels.Served("sum", version, _container)] }],
        [FakeModels.Application("sum", "sum", TimeSpan.FromSeconds(20))]);

    private async Task PredictAsync() => (await _rig.Query.PostAsync("/sum/predict", """{"input":[1,2,3,4]}""")).Status.ShouldBe(200);

    private async Task<string> ScrapeAsync() => (await _rig.Admin.ReadAsync("/metrics")).Text;

    private static double Count(string text, string version) =>
        Value(text, $"orchestrator_prediction_duration_seconds_count{{application=\"sum\",model=\"sum\",outcome=\"ok\",version=\"{version}\"}}");

    private static double Value(string text, string series)
    {
        var line = text.Split('\n').SingleOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        line.ShouldNotBeNull($"{series} is not in\n{string.Join('\n', text.Split('\n').Where(l => l.StartsWith("orchestrator", StringComparison.Ordinal)).Take(40))}");
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static void RequireValid(string text)
    {
        text.ShouldEndWith("\n");
        var types = new HashSet<string>();
        var seen = new HashSet<string>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#'))
            {
                Comment().IsMatch(line).ShouldBeTrue(line);
                if (line.StartsWith("# TYPE", StringComparison.Ordinal))
                {
                    types.Add(line.Split(' ')[2]).ShouldBeTrue("a metric has one TYPE: " + line);
                }

                continue;
            }

            var match = Sample().Match(line);
            match.Success.ShouldBeTrue(line);
            seen.Add(match.Groups["series"].Value).ShouldBeTrue("a series stands once: " + line);
            types.Any(t => match.Groups["name"].Value.StartsWith(t, StringComparison.Ordinal)).ShouldBeTrue(line);
        }
    }

    [GeneratedRegex("""^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+$""")]
    private static partial Regex Comment();

    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*",?)*\})?) (NaN|[+-]Inf|-?[0-9.]+(E[+-]?[0-9]+)?)$""")]
    private static partial Regex Sample();

    /// <summary>The real clock, set forward by hand.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _ahead;

        public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
    }
}
