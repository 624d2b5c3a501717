using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Registry;

/// <summary>What only a registry that others can reach, and that can be lost, has to hold.</summary>
public sealed class RedisModelRegistryTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private FaultyProxy _proxy = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _proxy = new FaultyProxy(_server.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    private RedisOptions ThroughProxy => new() { Endpoints = [_proxy.Endpoint], KeyPrefix = _server.Options.KeyPrefix };

    private static ClusterSpec Cluster(string name) => new()
    {
        Name = name,
        Models = [new ModelSpec { Name = "digits", CurrentVersion = "1", Versions = [new ModelVersionSpec { Version = "1", Framework = "noop", Replicas = 3 }] }],
    };

    private static ObservedState Serving(string version) => new() { Models = new Dictionary<string, ModelObservation> { ["digits"] = new() { ServingVersion = version } } };

    [Fact]
    public async Task RedisComesBackEmpty_ItIsGivenWhatIsKnown_AndRevisionsGoOn()
    {
        await using var node = await ControlNode.StartAsync(_server.Options);
        (await node.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token))!.Revision.ShouldBe(1);
        await node.Registry.WriteObservedAsync(Serving("1"), Token);
        await _server.KillAsync();
        (await node.Registry.ReadAsync(Token)).Desired.Name.ShouldBe("a", "what was read goes on being wanted");
        await Should.ThrowAsync<RegistryException>(async () => await node.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token));
        await _server.StartAgainAsync();
        await ControlNode.UntilAsync(async () => (await _server.AskAsync("HGET test:{control}:registry revision")).Contains('1', StringComparison.Ordinal) && node.Lease.Problem is null);
        var read = await node.Registry.ReadAsync(Token);
        read.Revision.ShouldBe(1);
        read.Desired.Models[0].Versions[0].Replicas.ShouldBe(3);
        read.Observed.Models["digits"].ServingVersion.ShouldBe("1");
        await ControlNode.UntilAsync(async () =>
        {
            try
            {
                return await node.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token) is { Revision: 2 };
            }
            catch (RegistryException)
            {
                // The new connection may break once more while the server comes up.
                return false;
            }
        });
    }

    [Fact]
    public async Task RedisAndControlPlaneBothGone_TheCopyOnTheDiskFillsTheEmptyRedis()
    {
        string copy;
        var file = Path.Combine(Directory.CreateTempSubdirectory("orch-copy-").FullName, "copy");
        await using (var node = await ControlNode.StartAsync(_server.Options, file))
        {
            await node.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
            await node.Registry.WriteObservedAsync(Serving("1"), Token);
            copy = node.CopyPath;
        }

        await _server.KillAsync();
        await _server.StartAgainAsync();
        await using var next = await ControlNode.StartAsync(_server.Options, copy);
        await next.UntilHoldsAsync();
        var read = await next.Registry.ReadAsync(Token);
        (read.Revision, read.Desired.Name, read.Observed.Models["digits"].ServingVersion).ShouldBe((1, "a", "1"));
        (await _server.AskAsync("HGET test:{control}:registry desired")).ShouldContain("\"a\"");
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task RedisComesBackOlder_ItIsGivenTheNewerState()
    {
        await using var node = await ControlNode.StartAsync(_server.Options);
        await node.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await node.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token);
        (await _server.AskAsync("HSET test:{control}:registry revision 1 desired {}")).ShouldStartWith(":0");
        await ControlNode.UntilAsync(async () => (await _server.AskAsync("HGET test:{control}:registry desired")).Contains("\"b\"", StringComparison.Ordinal));
        (await node.Registry.ReadAsync(Token)).Revision.ShouldBe(2);
    }

    [Fact]
    public async Task ObservedWhileRedisIsAway_IsWrittenWhenItIsBack()
    {
        await using var node = await ControlNode.StartAsync(_server.Options);
        await node.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await _server.KillAsync();
        await node.Registry.WriteObservedAsync(Serving("7"), Token);
        (await node.Registry.ReadAsync(Token)).Observed.Models["digits"].ServingVersion.ShouldBe("7");
        await _server.StartAgainAsync();
        await ControlNode.UntilAsync(async () => (await _server.AskAsync("HGET test:{control}:registry observed")).Contains("\"7\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SecondControlPlane_StandsBy_AndTakesOverWhenTheFirstEnds()
    {
        var first = await ControlNode.StartAsync(_server.Options);
        await first.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await using var second = await ControlNode.StartAsync(_server.Options);
        var refusal = await Should.ThrowAsync<RegistryException>(async () => await second.Registry.ReadAsync(Token));
        refusal.Message.ShouldContain("stands by");
        await Should.ThrowAsync<RegistryException>(async () => await second.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token));
        var wait = second.Registry.WaitForChangeAsync(0, Token);
        await first.DisposeAsync();
        await wait;
        (await second.Registry.ReadAsync(Token)).Desired.Name.ShouldBe("a");
        (await second.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token))!.Revision.ShouldBe(2);
    }

    [Fact]
    public async Task CutOffControlPlane_IsFencedOut_AndLearnsThatItLost()
    {
        await using var first = await ControlNode.StartAsync(ThroughProxy);
        await first.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await using var second = await ControlNode.StartAsync(_server.Options);
        _proxy.IsCut = true;
        await second.UntilHoldsAsync();
        (await second.Registry.TryWriteDesiredAsync(1, Cluster("b"), Token))!.Revision.ShouldBe(2);
        first.Lease.Lost.IsCompleted.ShouldBeFalse("it cannot know yet");
        (await first.Registry.ReadAsync(Token)).Desired.Name.ShouldBe("a");
        _proxy.IsCut = false;
        await first.Lease.Lost.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Token);
        await Should.ThrowAsync<RegistryException>(async () => await first.Registry.TryWriteDesiredAsync(1, Cluster("c"), Token));
        (await _server.AskAsync("HGET test:{control}:registry desired")).ShouldContain("\"b\"");
    }

    [Fact]
    public async Task RedisEmptiedWhileOneStandsBy_TheStandbyRestoresWhatItSaw()
    {
        var first = await ControlNode.StartAsync(ThroughProxy);
        await first.Registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await using var second = await ControlNode.StartAsync(_server.Options);
        await ControlNode.UntilAsync(() => Task.FromResult(File.Exists(second.CopyPath)));
        _proxy.IsCut = true;
        await _server.KillAsync();
        await _server.StartAgainAsync();
        await second.UntilHoldsAsync();
        (await second.Registry.ReadAsync(Token)).Desired.Name.ShouldBe("a");
        await first.DisposeAsync();
    }

    [Fact]
    public async Task FirstStartOnRedis_TakesOverTheRegistryOnDisk_OnlyIfRedisHasNone()
    {
        await using (var node = await ControlNode.StartAsync(_server.Options, import: new RegistrySnapshot(7, Cluster("disk"), Serving("1"))))
        {
            var read = await node.Registry.ReadAsync(Token);
            (read.Revision, read.Desired.Name).ShouldBe((7, "disk"));
        }

        await using var other = await ControlNode.StartAsync(_server.Options, import: new RegistrySnapshot(9, Cluster("other disk"), ObservedState.Empty));
        await other.UntilHoldsAsync();
        (await other.Registry.ReadAsync(Token)).Desired.Name.ShouldBe("disk");
    }

    [Fact]
    public async Task NewerFormat_IsRefusedAndNotTouched()
    {
        await _server.AskAsync("HSET test:{control}:registry format 2 id x revision 5");
        await using var node = await ControlNode.StartAsync(_server.Options);
        var refusal = await Should.ThrowAsync<RegistryException>(async () => await node.Registry.ReadAsync(Token));
        refusal.Message.ShouldContain("format 2");
        (await _server.AskAsync("HGET test:{control}:registry revision")).ShouldContain("5");
    }
}
