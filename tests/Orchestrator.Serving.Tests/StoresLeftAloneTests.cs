using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Tests.Features;

namespace Orchestrator.Serving.Tests;

/// <summary>On the data plane's own registrations: what an operator is told must come from the breakers that requests meet.</summary>
public sealed class StoresLeftAloneTests : IAsyncDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(5);

    private readonly ManualTime _time = new();
    private readonly FakeStore _cache = new();
    private readonly SlowFeatures _features = new();
    private readonly ServiceProvider _services;

    public StoresLeftAloneTests() => _services = new ServiceCollection().AddLogging().AddMetrics()
        .AddSingleton<TimeProvider>(_time).AddSingleton<IPredictionStore>(_cache).AddSingleton<IFeatureStore>(_features)
        .AddServing().AddSharedCache().BuildServiceProvider();

    private IReadOnlyList<string> Told => _services.GetRequiredService<StoresLeftAlone>().Describe();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task NoReadHasAnAnswer_IsToldUntilOneHas()
    {
        Told.ShouldBeEmpty();
        _cache.ReadEnd = StoreEnd.TimedOut;
        for (var i = 0; i < 4; i++)
        {
            await ReadCacheAsync();
            await ReadFeaturesAsync();
        }

        string[] expected =
        [
            "the prediction cache gave too few answers in time and is left alone, one request every 1s tries it; predictions go on without the shared cache",
            "the feature store gave too few answers in time and is left alone, one request every 1s tries it; features are their defaults",
        ];
        Told.ShouldBe(expected);
        _time.Advance(TimeSpan.FromSeconds(1));
        Told.ShouldBe(expected, "nobody has tried yet");

        _cache.ReadEnd = StoreEnd.Done;
        await ReadCacheAsync();
        Told.ShouldBe([expected[1]]);
        _features.End = StoreEnd.Done;
        await ReadFeaturesAsync();
        Told.ShouldBeEmpty();
    }

    [Fact]
    public async Task StoreIsAway_ItSaysSoItself()
    {
        for (var i = 0; i < 4; i++)
        {
            await ReadFeaturesAsync();
        }

        _features.Problem = "no connection";
        Told.ShouldBeEmpty();
    }

    private async Task ReadCacheAsync() => await _services.GetRequiredService<StoreBreaker>().ReadAsync([new StoreKey("s", new byte[32])], Budget);

    private async Task ReadFeaturesAsync() =>
        await _services.GetRequiredService<FeatureLookup>().FindAsync("a", [new FeatureQuery(FeatureView.Of(FeatureSpecs.View("v", FeatureSpecs.Feature("x", byDefault: "1"))), new EntityId(["7"]))], Budget, Budget);

    private sealed class SlowFeatures : IFeatureStore
    {
        public StoreEnd End { get; set; } = StoreEnd.TimedOut;

        public string? Problem { get; set; }

        public ValueTask<FeatureRead> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within) => ValueTask.FromResult(new FeatureRead(End, []));

        public ValueTask<StoreEnd> WriteAsync(FeatureView view, IReadOnlyList<FeatureRow> rows, TimeSpan within) => throw new NotSupportedException();
    }
}
