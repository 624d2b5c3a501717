using Orchestrator.Host.Rehearsals;

namespace Orchestrator.Host.Tests.Rehearsals;

public sealed class RehearsalTests
{
    [Fact]
    public async Task Run_EveryWayOfAPrediction_IsAnswered() =>
        (await Rehearsal.RunAsync(new HostOptions(), TestContext.Current.CancellationToken)).ShouldBeNull();

    [Fact]
    public async Task Run_RequestsAreRefused_SaysWhatWasAnswered()
    {
        var problem = await Rehearsal.RunAsync(new HostOptions { MaxBodyBytes = 1 }, TestContext.Current.CancellationToken);
        problem.ShouldNotBeNull().ShouldContain("413");
    }
}
