using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Features;
using static Orchestrator.Serving.Tests.Features.FeatureSpecs;

namespace Orchestrator.Serving.Tests.Features;

public sealed class FeatureLookupTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(5);
    private static readonly FeatureView View = FeatureView.Of(View("v", Feature("x", byDefault: "1.5"), Feature("y")) with { MaxAge = TimeSpan.FromHours(1) });
    private readonly ManualTime _time = new();
    private readonly ScriptedStore _store = new();
    private readonly Dictionary<string, long> _counts = [];

    private FeatureLookup Lookup()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener { InstrumentPublished = (instrument, l) => l.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "orchestrator.feature.lookups" && instrument.Meter.Scope == meters)
            {
                var result = (string)tags.ToArray().Single(t => t.Key == "result").Value!;
                _counts[result] = _counts.GetValueOrDefault(result) + value;
            }
        });
        listener.Start();
        return new FeatureLookup(_store, new FeatureMetrics(meters), _time);
    }

    private static FeatureQuery Query(string id = "7") => new(View, new EntityId([id]));

    private FeatureRecord Record(string? x, string? y, TimeSpan? age) => new(
        age is { } a ? _time.GetUtcNow() - a : null, [Cell(x), Cell(y)]);

    private static FeatureCell Cell(string? json) => json == "?" ? new FeatureCell(null, true) : new FeatureCell(json is null ? null : Encoding.UTF8.GetBytes(json), false);

    private static string? Value(FoundFeatures found, int feature, out FeatureAbsence why) => found.ValueOf(feature, out why) is { } json ? Encoding.UTF8.GetString(json) : null;

    private async Task<FoundFeatures> FindAsync(FeatureLookup lookup, TimeSpan? within = null) => (await lookup.FindAsync("a", [Query()], within ?? Budget, Budget))[0];

    [Theory]
    [InlineData("2", "3", 60, "2", FeatureAbsence.None, "3", FeatureAbsence.None, "found")]
    [InlineData("2", "3", 3600, "2", FeatureAbsence.None, "3", FeatureAbsence.None, "found")]
    [InlineData("2", "3", 3601, "1.5", FeatureAbsence.Stale, null, FeatureAbsence.Stale, "stale")]
    [InlineData("2", "3", null, "1.5", FeatureAbsence.Stale, null, FeatureAbsence.Stale, "stale")]
    [InlineData("2", "3", -60, "2", FeatureAbsence.None, "3", FeatureAbsence.None, "found")]
    [InlineData(null, "3", 60, "1.5", FeatureAbsence.Missing, "3", FeatureAbsence.None, "found")]
    [InlineData("?", "3", 60, "1.5", FeatureAbsence.Invalid, "3", FeatureAbsence.None, "invalid")]
    [InlineData(null, null, null, "1.5", FeatureAbsence.NotFound, null, FeatureAbsence.NotFound, "missing")]
    public async Task Record_IsUsedWhereItMayBe(string? x, string? y, int? ageSeconds, string? expectedX, FeatureAbsence whyX, string? expectedY, FeatureAbsence whyY, string counted)
    {
        _store.Read = (_, _) => new FeatureRead(StoreEnd.Done, [Record(x, y, ageSeconds is { } s ? TimeSpan.FromSeconds(s) : null)]);
        var found = await FindAsync(Lookup());
        Value(found, 0, out var why).ShouldBe(expectedX);
        why.ShouldBe(whyX);
        Value(found, 1, out why).ShouldBe(expectedY);
        why.ShouldBe(whyY);
        _counts.ShouldBe(new Dictionary<string, long> { [counted] = 1 });
    }

    [Fact]
    public async Task WithoutMaxAge_AgeDoesNotMatter()
    {
        var ageless = FeatureView.Of(FeatureSpecs.View("w", Feature("x")));
        _store.Read = (_, _) => new FeatureRead(StoreEnd.Done, [new FeatureRecord(null, [Cell("2")])]);
        var found = await Lookup().FindAsync("a", [new FeatureQuery(ageless, new EntityId(["7"]))], Budget, Budget);
        Value(found[0], 0, out var why).ShouldBe("2");
        why.ShouldBe(FeatureAbsence.None);
    }

    [Fact]
    public async Task Explanations_SayWhichWhoseAndWhy()
    {
        var lookup = Lookup();
        _store.Read = (_, _) => new FeatureRead(StoreEnd.Done, [Record("2", "3", TimeSpan.FromHours(2))]);
        (await FindAsync(lookup)).Explain(1).ShouldBe("Feature 'y' has no value and no default: view 'v' has id=7 as it was 2h ago, and only what is at most 1h old is used (maxAge).");
        _store.Read = (_, _) => new FeatureRead(StoreEnd.Done, [Record("2", "?", TimeSpan.Zero)]);
        (await FindAsync(lookup)).Explain(1).ShouldBe("Feature 'y' has no value and no default: 'y' of id=7 in view 'v' is not of its type; expected a number, such as 0.5 (double).");
        _store.Read = (_, _) => new FeatureRead(StoreEnd.TimedOut, [null]);
        (await FindAsync(lookup)).Explain(1).ShouldBe("Feature 'y' has no value and no default: view 'v', id=7: the feature store did not answer within 5ms.");
        _store.Problem = "Redis at h:1 is away: it sleeps";
        (await FindAsync(lookup)).Explain(1).ShouldBe("Feature 'y' has no value and no default: view 'v', id=7: Redis at h:1 is away: it sleeps.");
    }

    [Fact]
    public async Task StoreThatDoesNotAnswer_IsLeftAloneForAWhile_AndFoundAgain()
    {
        var lookup = Lookup();
        _store.Read = (_, _) => new FeatureRead(StoreEnd.TimedOut, [null]);
        for (var i = 0; i < 20; i++)
        {
            await FindAsync(lookup);
        }

        _store.Reads.ShouldBe(4);
        (_counts["timeout"], _counts["open"]).ShouldBe((4, 16));
        _store.Read = (_, _) => new FeatureRead(StoreEnd.Done, [Record("2", "3", TimeSpan.Zero)]);
        _time.Advance(FeatureBreaker.BreakFor);
        Value(await FindAsync(lookup), 0, out _).ShouldBe("2");
        Value(await FindAsync(lookup), 0, out _).ShouldBe("2");
        _store.Reads.ShouldBe(6);
    }

    [Fact]
    public async Task RequestInAHurry_TriesTheStoreAgainInVain_IsNoReasonToTrustIt()
    {
        var lookup = Lookup();
        _store.Read = (_, _) => new FeatureRead(StoreEnd.TimedOut, [null]);
        for (var i = 0; i < 20; i++)
        {
            await FindAsync(lookup);
        }

        _time.Advance(FeatureBreaker.BreakFor);
        for (var i = 0; i < 20; i++)
        {
            await FindAsync(lookup, within: TimeSpan.FromMilliseconds(1));
        }

        _store.Reads.ShouldBe(5, "four that were enough, and the one that tried again");
    }

    [Fact]
    public async Task RequestsInAHurry_SayNothingOfTheStore()
    {
        var lookup = Lookup();
        _store.Read = (_, _) => new FeatureRead(StoreEnd.TimedOut, [null]);
        for (var i = 0; i < 20; i++)
        {
            await FindAsync(lookup, within: TimeSpan.FromMilliseconds(1));
        }

        _store.Reads.ShouldBe(20);
        (await FindAsync(lookup, within: TimeSpan.Zero)).Whole.ShouldBe(FeatureAbsence.TimedOut);
        _store.Reads.ShouldBe(20, "without time it is not asked");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(39)]
    public async Task StoreThatDoesNotAnswer_IsLeftAlone_HoweverLongTheBudget(int? budgetMilliseconds)
    {
        // Of 40 ms, of which no request has quite all when it is looked up; and half of what it has is the most.
        var features = FeatureSpecs.Application(new FeaturesSpec { Budget = budgetMilliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null, Views = [View.Spec] });
        var half = TimeSpan.FromMilliseconds(19);
        var lookup = Lookup();
        _store.Read = (_, _) => new FeatureRead(StoreEnd.TimedOut, [null]);
        for (var i = 0; i < 20; i++)
        {
            await lookup.FindAsync("a", [Query()], half < features.Budget ? half : features.Budget, features.Unhurried);
        }

        _store.Reads.ShouldBe(4);
    }

    [Fact]
    public async Task NothingToLookUp_AsksNothing()
    {
        (await Lookup().FindAsync("a", [], Budget, Budget)).ShouldBeEmpty();
        _store.Reads.ShouldBe(0);
    }

    private sealed class ScriptedStore : IFeatureStore
    {
        public Func<IReadOnlyList<FeatureQuery>, TimeSpan, FeatureRead> Read { get; set; } = (_, _) => default;

        public int Reads { get; private set; }

        public string? Problem { get; set; }

        public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within)
        {
            Reads++;
            return ValueTask.FromResult(Read(queries, within));
        }

        public ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within) => throw new NotSupportedException();
    }
}
