using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Serving.Caching.Shared;

namespace Orchestrator.Serving.Tests.Caching.Shared;

public sealed class ScopeSweepLoopTests : IDisposable
{
    private readonly FakeStore _store = new();
    private readonly ServingRig _rig = new();
    private readonly ScopeSweepLoop _loop;

    public ScopeSweepLoopTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _loop = new ScopeSweepLoop(_rig.State, _store, new SharedCacheMetrics(meters), _rig.Time, NullLogger<ScopeSweepLoop>.Instance);
    }

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task VersionGone_ItsKeysAreDroppedOnceAfterTheGrace()
    {
        _rig.Serve("1", ("1", ["a"]), ("2", ["b"]));
        var gone = _rig.Version("1").CacheScope.Name;
        await _loop.RunOnceAsync(CancellationToken.None);
        _rig.Serve("2", ("2", ["b"]));
        await _loop.RunOnceAsync(CancellationToken.None);
        _store.Dropped.ShouldBeEmpty();
        _rig.Time.Advance(ScopeSweepLoop.Grace);
        await _loop.RunOnceAsync(CancellationToken.None);
        await _loop.RunOnceAsync(CancellationToken.None);
        _store.Dropped.ShouldBe([gone]);
    }

    [Fact]
    public async Task VersionBackWithinTheGrace_KeepsItsKeys()
    {
        _rig.Serve("1", ("1", ["a"]), ("2", ["b"]));
        await _loop.RunOnceAsync(CancellationToken.None);
        _rig.Serve("2", ("2", ["b"]));
        await _loop.RunOnceAsync(CancellationToken.None);
        _rig.Serve("1", ("1", ["c"]), ("2", ["b"]));
        await _loop.RunOnceAsync(CancellationToken.None);
        _rig.Time.Advance(ScopeSweepLoop.Grace);
        await _loop.RunOnceAsync(CancellationToken.None);
        _store.Dropped.ShouldBeEmpty();
    }
}
