using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Frontends;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Frontends;

/// <summary>A control plane and a frontend on a real Redis: what one may believe of the other.</summary>
public sealed class FrontendLeaseTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private FaultyProxy _proxy = null!;
    private ControlNode _control = null!;
    private ServingNode _frontend = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _proxy = new FaultyProxy(_server.Port);
        _control = await ControlNode.StartAsync(_server.Options);
        await _control.UntilHoldsAsync();
        _frontend = await ServingNode.StartAsync(new RedisOptions { Endpoints = [_proxy.Endpoint], KeyPrefix = _server.Options.KeyPrefix });
    }

    public async ValueTask DisposeAsync()
    {
        await _frontend.DisposeAsync();
        await _control.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static ServedModel Model { get; } = new()
    {
        Name = "m",
        ServingVersion = "1",
        Versions =
        [
            new ServedVersion
            {
                Spec = new ModelVersionSpec { Version = "1", Framework = "noop" },
                Signature = new ModelSignature { Inputs = [new("input", "FP64", [-1, 4])], Outputs = [new("out", "FP64", [-1])] },
                Replicas = [new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId("m", "1"), "a"), Address = new ContainerAddress("127.0.0.1", 7), WarmUp = [new(1, TimeSpan.FromMicroseconds(123.4))] }],
            },
        ],
    };

    private static FrontendReport Report(long revision) => new() { FrontendId = "f", AcknowledgedRevision = revision, Replicas = [new ReplicaReport { Id = Model.Versions[0].Replicas[0].Id, InFlight = 2 }] };

    private async Task<long> PublishAsync()
    {
        await ControlNode.UntilAsync(() => Task.FromResult(_control.Snapshots.Current.Revision > 0));
        var revision = _control.Snapshots.Current.Revision + 1;
        await _control.Snapshots.PublishAsync(new ServingSnapshot { Revision = revision, Models = [Model] }, Token);
        return revision;
    }

    [Fact]
    public async Task Published_ReachesTheFrontend_AndItsReportReachesControl()
    {
        var revision = await PublishAsync();
        await _frontend.Snapshots.WaitForChangeAsync(revision - 1, Token).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Token);
        var got = _frontend.Snapshots.Current.Models.Single().Versions.Single();
        got.Replicas.Single().ShouldSatisfyAllConditions(r => r.Address.Port.ShouldBe(7), r => r.WarmUp[0].ShouldBe(new BatchLatency(1, TimeSpan.FromMicroseconds(123.4))));
        got.Signature!.Inputs[0].Shape.ShouldBe([-1, 4]);
        await _frontend.Reports.ReportAsync(Report(revision), Token);
        var report = (await _control.Reports.ReadAsync(Token)).Single();
        (report.AcknowledgedRevision, report.Replicas.Single().InFlight).ShouldBe((revision, 2));
        _control.Reports.IsComplete.ShouldBe(false, "one that registered before this control plane came may still be silent");
    }

    [Fact]
    public async Task Lease_IsHeldOnlyFromTheReportOnThatNamesTheServingRevision()
    {
        var revision = await PublishAsync();
        await ReportAsync(0);
        _frontend.Lease.IsHeld.ShouldBeFalse("it registered, and does not serve what there is yet");
        await ReportAsync(revision);
        _frontend.Lease.IsHeld.ShouldBeTrue();
        await PublishAsync();
        await ReportAsync(revision);
        _frontend.Lease.IsHeld.ShouldBeTrue("its lease is unbroken: control waits for it");
    }

    [Fact]
    public async Task Lease_CutOff_RunsOut_AndIsNotHeldAgainOnAnOlderRevision()
    {
        var revision = await PublishAsync();
        await ReportAsync(revision);
        _proxy.IsCut = true;
        await ControlNode.UntilAsync(async () =>
        {
            await _frontend.Reports.ReportAsync(Report(revision), Token);
            return !_frontend.Lease.IsHeld;
        });
        (await _control.Reports.ReadAsync(Token)).Single().AcknowledgedRevision.ShouldBe(revision, "control waits one lease more than the frontend");
        var next = await PublishAsync();
        _proxy.IsCut = false;
        await ControlNode.UntilAsync(() => Task.FromResult(_frontend.Snapshots.Current.Revision == next));
        await ReportAsync(revision);
        _frontend.Lease.IsHeld.ShouldBeFalse("the swap may be complete");
        await ReportAsync(next);
        _frontend.Lease.IsHeld.ShouldBeTrue();
    }

    [Fact]
    public async Task Silent_IsGoneAfterTwoLeases_OneThatLeavesAtOnce()
    {
        var revision = await PublishAsync();
        await ReportAsync(revision);
        (await _control.Reports.ReadAsync(Token)).Count.ShouldBe(1);
        await ControlNode.UntilAsync(async () => (await _control.Reports.ReadAsync(Token)).Count == 0);
        _control.Reports.IsComplete.ShouldBe(true);
        await ReportAsync(revision);
        (await _control.Reports.ReadAsync(Token)).Count.ShouldBe(1);
        await _frontend.DisposeAsync();
        (await _control.Reports.ReadAsync(Token)).ShouldBeEmpty();
        _frontend = await ServingNode.StartAsync(_server.Options);
    }

    [Fact]
    public async Task ReportAfterLeaving_DoesNotRegisterAgain()
    {
        var revision = await PublishAsync();
        await ReportAsync(revision);
        await ((RedisFrontendReports)_frontend.Reports).LeaveAsync();
        await _frontend.Reports.ReportAsync(Report(revision), Token);
        _frontend.Lease.IsHeld.ShouldBeFalse();
        (await _control.Reports.ReadAsync(Token)).ShouldBeEmpty("nobody need wait for one that has answered its last request");
    }

    [Fact]
    public async Task RedisBackEmpty_HasTheSnapshotAgain_AndControlForgetsNoFrontend()
    {
        var revision = await PublishAsync();
        await ReportAsync(revision);
        (await _control.Reports.ReadAsync(Token)).Count.ShouldBe(1);
        await _server.KillAsync();
        (await _control.Reports.ReadAsync(Token)).Count.ShouldBe(1);
        _control.Reports.IsComplete.ShouldBe(false);
        await _server.StartAgainAsync();
        await ControlNode.UntilAsync(async () => (await _server.AskAsync("HGET test:{control}:serving revision")).Contains($"{revision}", StringComparison.Ordinal));
        (await _control.Reports.ReadAsync(Token)).Count.ShouldBe(1);
    }

    /// <summary>Until it arrived: the connection comes up in its own time.</summary>
    private Task ReportAsync(long revision) => ControlNode.UntilAsync(async () =>
    {
        var before = await _server.AskAsync("HGET test:{control}:frontends f");
        await _frontend.Reports.ReportAsync(Report(revision), Token);
        return await _server.AskAsync("HGET test:{control}:frontends f") != before;
    });
}
