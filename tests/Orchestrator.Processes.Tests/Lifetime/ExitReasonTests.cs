using Orchestrator.Processes.Lifetime;

namespace Orchestrator.Processes.Tests.Lifetime;

public sealed class ExitReasonTests
{
    [Theory]
    [InlineData(3, false, "exited with code 3")]
    [InlineData(3, true, "exited with code 3")]
    [InlineData(255, false, "exited with code 255")]
    [InlineData(143, false, "killed by signal 15 (SIGTERM)")]
    [InlineData(137, true, "out of memory: killed by signal 9 (SIGKILL), and the kernel ended processes for lack of memory meanwhile")]
    public void For_AnEnd_SaysItForPeople(int code, bool killedForMemory, string expected) => ExitReason.For(code, ["loading"], killedForMemory).ShouldBe(expected);

    [Fact]
    public void For_TheStartUpHiccup_SaysThatTheNextStartUsuallyWorks()
    {
        ExitReason.For(134, ["Out of memory."], killedForMemory: false).ShouldContain("the next start usually works");
        ExitReason.For(134, ["serving", "Out of memory."], killedForMemory: false).ShouldBe("killed by signal 6 (SIGABRT)");
    }
}
