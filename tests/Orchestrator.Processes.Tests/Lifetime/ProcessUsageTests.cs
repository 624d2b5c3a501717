using Orchestrator.Processes.Lifetime;

namespace Orchestrator.Processes.Tests.Lifetime;

public sealed class ProcessUsageTests
{
    private static string Stat(string state) => $"42 (a (very) odd name) {state} 7 41 40 0 -1 4194560 100 0 0 0 150 25 300 5 20 0 1 0 12345 1000000 512 18446744073709551615 1 1";

    [Fact]
    public void Parse_OfALine_HasSessionTimesWithThoseOfEndedChildrenAndResidentMemory()
    {
        var (session, usage) = ProcessUsage.Parse(Stat("S")).ShouldNotBeNull();
        session.ShouldBe(40);
        usage.CpuTime.ShouldBe(TimeSpan.FromSeconds(4.8));
        usage.MemoryBytes.ShouldBe(512L * Environment.SystemPageSize);
        usage.MemoryLimitBytes.ShouldBeNull();
    }

    [Fact]
    public void Parse_OfAZombie_HoldsNoMemory() => ProcessUsage.Parse(Stat("Z")).ShouldNotBeNull().Usage.MemoryBytes.ShouldBe(0);

    [Theory]
    [InlineData("")]
    [InlineData("42 (x) S 7")]
    public void Parse_OfSomethingElse_IsNothing(string line) => ProcessUsage.Parse(line).ShouldBeNull();
}
