using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Images;
using Orchestrator.Docker.Lifetime;
using Orchestrator.Docker.Running;

namespace Orchestrator.Docker.Tests.Lifetime;

public sealed class ContainerEndTests
{
    private static string Describe(ContainerState? state, int? eventCode) =>
        ContainerEnd.Describe("id", Launches.Of().Replica, state, eventCode, []).Reason;

    [Fact]
    public void Describe_Ends_AreSaidForPeople()
    {
        Describe(new ContainerState { ExitCode = 3 }, null).ShouldBe("exited with code 3");
        Describe(new ContainerState { ExitCode = 137 }, 137).ShouldBe("killed by signal 9 (SIGKILL)");
        Describe(new ContainerState { ExitCode = 137, OOMKilled = true }, 137).ShouldStartWith("out of memory: killed by signal 9 (SIGKILL) at its limit");
        Describe(new ContainerState { ExitCode = 0, OOMKilled = true }, 0).ShouldBe("exited with code 0");
        Describe(new ContainerState { ExitCode = 127, Error = "no such file" }, null).ShouldBe("exited with code 127: no such file");
        Describe(new ContainerState { ExitCode = 0 }, 137).ShouldBe("killed by signal 9 (SIGKILL)");
        Describe(null, 137).ShouldBe("killed by signal 9 (SIGKILL)");
        Describe(null, null).ShouldBe("its container was removed by somebody else");
    }

    [Fact]
    public void PullProgress_OfLayers_IsOneLineThatChangesSeldom()
    {
        var progress = new PullProgress("m:1");
        var lines = new List<string?>();
        lines.Add(progress.Take(new ProgressMessage { Status = "Pulling fs layer", Id = "a" }));
        for (var i = 0; i <= 100; i++)
        {
            lines.Add(progress.Take(new ProgressMessage { Status = "Downloading", Id = "a", Detail = new ProgressDetail { Current = i, Total = 100 } }));
        }

        lines.Add(progress.Take(new ProgressMessage { Status = "Pull complete", Id = "a" }));
        lines.OfType<string>().ShouldBe(
            ["pulling m:1", .. Enumerable.Range(0, 11).Select(i => $"pulling m:1: {i * 10} % of what is known of it")]);
    }

    [Theory]
    [InlineData("total_inactive_file", 1000, 700, 1000L)]
    [InlineData("inactive_file", 1000, 700, 1000L)]
    [InlineData("inactive_file", 5000, 700, null)]
    public void Usage_OfEitherCgroupVersion_IsWithoutCacheAndSaysTheLimit(string counter, int limit, long held, long? expected)
    {
        var stats = new ContainerStats
        {
            Cpu = new CpuStats { Usage = new CpuUsage(2_000_000_000) },
            Memory = new MemoryStats { Usage = 800, Limit = (ulong)limit, Counters = new Dictionary<string, ulong> { [counter] = 100 } },
        };
        var usage = UsageReader.Map(stats, machineMemory: 2000)!;
        (usage.CpuTime, usage.MemoryBytes, usage.MemoryLimitBytes).ShouldBe((TimeSpan.FromSeconds(2), held, expected));
    }

    [Fact]
    public void EndedContainers_MoreThanAreKept_TheOldestAreForgotten()
    {
        var ended = new EndedContainers(2);
        ended.TryAdd("a", ["1"]).ShouldBeTrue();
        ended.TryAdd("a", ["2"]).ShouldBeFalse();
        ended.TryAdd("b", []);
        ended.TryAdd("c", []);
        ended.Contains("a").ShouldBeFalse();
        ended.LinesOf("c").ShouldBe([]);
    }
}
