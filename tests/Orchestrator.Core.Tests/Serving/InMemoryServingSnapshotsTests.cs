using Orchestrator.Core.Serving;

namespace Orchestrator.Core.Tests.Serving;

public sealed class InMemoryServingSnapshotsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_NewerRevision_IsCurrentAndWakesWaiters()
    {
        var snapshots = new InMemoryServingSnapshots();
        var wait = snapshots.WaitForChangeAsync(0, Token);
        wait.IsCompleted.ShouldBeFalse();
        await snapshots.PublishAsync(new ServingSnapshot { Revision = 3 }, Token);
        await wait;
        snapshots.Current.Revision.ShouldBe(3);
        snapshots.WaitForChangeAsync(2, Token).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public async Task Publish_RevisionNotNewer_Throws(long revision)
    {
        var snapshots = new InMemoryServingSnapshots();
        await snapshots.PublishAsync(new ServingSnapshot { Revision = 3 }, Token);
        await Should.ThrowAsync<ArgumentException>(async () => await snapshots.PublishAsync(new ServingSnapshot { Revision = revision }, Token));
        snapshots.Current.Revision.ShouldBe(3);
    }
}
