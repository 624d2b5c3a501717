using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Core.Tests.Registry;

/// <summary>What every <see cref="IModelRegistry"/> promises; each implementation runs it against its own store (this file is linked into their test projects).</summary>
public abstract class ModelRegistryConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract ValueTask<IModelRegistry> OpenAsync();

    private static ClusterSpec Cluster(string name) => new()
    {
        Name = name,
        Models = [new ModelSpec { Name = "digits", CurrentVersion = "1", Versions = [new ModelVersionSpec { Version = "1", Framework = "noop" }] }],
    };

    [Fact]
    public async Task Read_NeverWritten_IsEmptyAtRevisionZero()
    {
        var registry = await OpenAsync();
        var snapshot = await registry.ReadAsync(Token);
        snapshot.Revision.ShouldBe(0);
        SpecComparer.Equal(snapshot.Desired, ClusterSpec.Empty).ShouldBeTrue();
        snapshot.Observed.Models.ShouldBeEmpty();
    }

    [Fact]
    public async Task TryWriteDesired_ExpectedRevision_RaisesRevisionByOneAndIsRead()
    {
        var registry = await OpenAsync();
        var written = await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        written.ShouldNotBeNull().Revision.ShouldBe(1);
        SpecComparer.Equal(written.Desired, Cluster("a")).ShouldBeTrue();
        var read = await registry.ReadAsync(Token);
        read.Revision.ShouldBe(1);
        SpecComparer.Equal(read.Desired, Cluster("a")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task TryWriteDesired_OtherRevision_IsNullAndChangesNothing(long expected)
    {
        var registry = await OpenAsync();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        (await registry.TryWriteDesiredAsync(expected, Cluster("b"), Token)).ShouldBeNull();
        var read = await registry.ReadAsync(Token);
        read.Revision.ShouldBe(1);
        read.Desired.Name.ShouldBe("a");
    }

    [Fact]
    public async Task WriteObserved_AfterDesired_KeepsRevisionAndDesired()
    {
        var registry = await OpenAsync();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        var observed = new ObservedState
        {
            Models = new Dictionary<string, ModelObservation> { ["digits"] = new() { ServingVersion = "2", PreviousVersion = "1", RolloutFailure = "no" } },
        };
        await registry.WriteObservedAsync(observed, Token);
        var read = await registry.ReadAsync(Token);
        read.Revision.ShouldBe(1);
        read.Desired.Name.ShouldBe("a");
        read.Observed.Models["digits"].ShouldBe(new ModelObservation { ServingVersion = "2", PreviousVersion = "1", RolloutFailure = "no" });
    }

    [Fact]
    public async Task TryWriteDesired_AfterObserved_KeepsObserved()
    {
        var registry = await OpenAsync();
        await registry.WriteObservedAsync(new ObservedState { Models = new Dictionary<string, ModelObservation> { ["m"] = new() { ServingVersion = "1" } } }, Token);
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        (await registry.ReadAsync(Token)).Observed.Models["m"].ServingVersion.ShouldBe("1");
    }

    [Fact]
    public async Task TryWriteDesired_ManyAtOnce_ExactlyOneWinsPerRevision()
    {
        var registry = await OpenAsync();
        for (var revision = 0; revision < 10; revision++)
        {
            var expected = revision;
            var writes = Enumerable.Range(0, 8).Select(i => Task.Run(() => registry.TryWriteDesiredAsync(expected, Cluster($"c{i}"), Token).AsTask(), Token));
            var written = (await Task.WhenAll(writes)).Where(w => w is not null).ToList();
            written.ShouldHaveSingleItem()!.Revision.ShouldBe(expected + 1);
            (await registry.ReadAsync(Token)).Desired.Name.ShouldBe(written[0]!.Desired.Name);
        }
    }

    [Fact]
    public async Task WaitForChange_RevisionIsNewerAlready_CompletesAtOnce()
    {
        var registry = await OpenAsync();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await registry.WaitForChangeAsync(0, Token);
    }

    [Fact]
    public async Task WaitForChange_DesiredWritten_CompletesAndObservedDoesNot()
    {
        var registry = await OpenAsync();
        var wait = registry.WaitForChangeAsync(0, Token);
        await registry.WriteObservedAsync(ObservedState.Empty, Token);
        wait.IsCompleted.ShouldBeFalse();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await wait;
    }

    [Fact]
    public async Task WaitForChange_Cancelled_Throws()
    {
        var registry = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        var wait = registry.WaitForChangeAsync(0, cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => wait);
    }
}
