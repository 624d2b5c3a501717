using System.Globalization;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Processes.Lifetime;
using Orchestrator.Processes.Launching;
using static Orchestrator.Processes.Tests.RuntimeFixture;

namespace Orchestrator.Processes.Tests;

public sealed class ProcessContainerRuntimeTests : IAsyncDisposable
{
    private readonly RuntimeFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("exit 0", 0, "exited with code 0")]
    [InlineData("exit 7", 7, "exited with code 7")]
    [InlineData("kill -9 $$", 137, "killed by signal 9 (SIGKILL)")]
    [InlineData("kill -11 $$", 139, "killed by signal 11 (SIGSEGV)")]
    [InlineData("echo chatter; echo 'FATAL: the model is no pickle' >&2; exit 3", 3, "exited with code 3")]
    [InlineData("echo 'Out of memory.'; kill -6 $$", 134, "killed by signal 6 (SIGABRT) with the single line 'Out of memory.'; the next start usually works")]
    public async Task Exit_OfAContainer_SaysHowItEnded(string script, int code, string reason)
    {
        var exit = await _fixture.RunAsync(_fixture.Shell(script));
        exit.ExitCode.ShouldBe(code);
        exit.Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task Exit_AfterMuchOutput_HasTheLastTwentyLinesOfBothStreams()
    {
        var exit = await _fixture.RunAsync(_fixture.Shell("for i in $(seq 1 50); do echo out $i; echo err $i >&2; done; exit 1"));
        exit.LastLogLines.Count.ShouldBe(20);
        exit.LastLogLines.TakeLast(2).ShouldBe(["out 50", "err 50"]);
    }

    [Fact]
    public async Task Exit_WhenTheDiskIsFull_IsFollowedAllTheSame()
    {
        var launch = _fixture.Shell("for i in $(seq 1 20000); do echo out $i; done; exit 3");
        var logs = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "logs"));
        File.CreateSymbolicLink(Path.Combine(logs.FullName, $"m-1-{launch.Replica.Instance}.log"), "/dev/full");
        var exit = await _fixture.RunAsync(launch).WaitAsync(Patience, TimeProvider.System, Token);
        exit.Reason.ShouldBe("exited with code 3");
        exit.LastLogLines.Count.ShouldBe(20);
        exit.LastLogLines[^1].ShouldBe("out 20000");
    }

    [Fact]
    public async Task Start_OfSeveral_ListsThemWithPortsOfTheirOwn()
    {
        var infos = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _fixture.StartAsync(_fixture.Custom("sleep", "1000"))));
        infos.Select(i => i.Address.Port).Distinct().Count().ShouldBe(12);
        (await _fixture.Runtime.ListAsync(Token)).OrderBy(i => i.ContainerId).ShouldBe(infos.OrderBy(i => i.ContainerId));
    }

    [Fact]
    public async Task Exit_OnceWatched_LeavesTheListAndReachesEveryWatcher()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watches = Enumerable.Range(0, 3).Select(_ => _fixture.Runtime.WatchExitsAsync(end.Token)).ToList();
        var info = await _fixture.StartAsync(_fixture.Shell("read x || exit 5"));
        foreach (var watch in watches)
        {
            (await FindExitAsync(watch, info.ContainerId)).ExitCode.ShouldBe(5);
            (await _fixture.Runtime.ListAsync(Token)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Usage_OfAContainer_IsThatOfAllItsProcesses()
    {
        var busy = await _fixture.StartAsync(_fixture.Shell("(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo up; sleep 1000) & wait"));
        var other = await _fixture.StartAsync(_fixture.Custom("sleep", "1000"));
        await _fixture.FirstLineAsync(busy);
        var usage = await _fixture.Runtime.ReadUsageAsync(Token);
        usage.Keys.Order().ShouldBe(new[] { busy.ContainerId, other.ContainerId }.Order());
        usage[busy.ContainerId].CpuTime.ShouldBeGreaterThan(usage[other.ContainerId].CpuTime);
        usage.Values.ShouldAllBe(u => u.MemoryBytes > 0 && u.MemoryLimitBytes == null);
    }

    [Fact]
    public async Task Dispose_AfterAPreparationThatFailed_ThrowsNothing()
    {
        var file = Path.Combine(_fixture.Folder, "file");
        await File.WriteAllTextAsync(file, "", Token);
        await using var broken = new RuntimeFixture(change: o => o with { WorkFolder = file });
        await Should.ThrowAsync<IOException>(() => broken.Runtime.ListAsync(Token));
        await Should.NotThrowAsync(async () => await broken.Runtime.DisposeAsync());
    }

    [Fact]
    public async Task Stop_OfAContainerThatDrains_WaitsForIt()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var exits = _fixture.Runtime.WatchExitsAsync(end.Token);
        var info = await _fixture.StartAsync(_fixture.Shell("trap 'echo draining; exit 0' TERM; echo up; while :; do sleep 0.05; done"));
        await _fixture.FirstLineAsync(info);
        await _fixture.Runtime.StopAsync(info.ContainerId, TimeSpan.FromSeconds(30), Token);
        var exit = await FindExitAsync(exits, info.ContainerId);
        exit.ExitCode.ShouldBe(0);
        exit.LastLogLines.ShouldContain("draining");
    }

    [Fact]
    public async Task Stop_OfAContainerThatIgnoresIt_KillsItAfterTheGrace()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var exits = _fixture.Runtime.WatchExitsAsync(end.Token);
        var info = await _fixture.StartAsync(_fixture.Shell("trap '' TERM; echo up; while :; do sleep 0.05; done"));
        await _fixture.FirstLineAsync(info);
        await _fixture.Runtime.StopAsync(info.ContainerId, TimeSpan.FromMilliseconds(100), Token);
        (await FindExitAsync(exits, info.ContainerId)).Reason.ShouldBe("killed by signal 9 (SIGKILL)");
    }

    [Theory]
    [InlineData("sleep 1001 & setsid sleep 1002 & env -i sleep 1003 & echo up; wait")]
    [InlineData("trap '' TERM; sleep 1001 & setsid sh -c 'trap \"\" TERM; sleep 1002 & wait' & env -i sleep 1003 & echo up; while :; do wait; done")]
    public async Task Stop_WithChildrenInOtherSessions_LeavesNoneOfThem(string script)
    {
        var launch = _fixture.Shell(script);
        var info = await _fixture.StartAsync(launch);
        await _fixture.FirstLineAsync(info);
        var session = int.Parse(info.ContainerId, CultureInfo.InvariantCulture);
        await EventuallyAsync(() => Family(session, launch).Count >= 4, "its children run");
        await _fixture.Runtime.StopAsync(info.ContainerId, TimeSpan.FromMilliseconds(100), Token);
        Family(session, launch).ShouldBeEmpty();
    }

    [Fact]
    public async Task Exit_OfAContainerThatLeavesChildren_EndsThem()
    {
        var launch = _fixture.Shell("setsid sleep 1001 & sleep 1002 & exit 4");
        var exit = await _fixture.RunAsync(launch);
        exit.ExitCode.ShouldBe(4);
        Family(int.Parse(exit.ContainerId, CultureInfo.InvariantCulture), launch).ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_OfSomethingUnknown_DoesNothing() => await _fixture.Runtime.StopAsync("4000000", TimeSpan.Zero, Token);

    [Fact]
    public async Task Dispose_WithContainers_EndsThem()
    {
        await using var other = new RuntimeFixture(change: o => o with { ShutdownGrace = TimeSpan.FromMilliseconds(200) });
        var infos = await Task.WhenAll(
            other.StartAsync(other.Custom("sleep", "1000")), other.StartAsync(other.Shell("trap '' TERM; setsid sleep 1000 & while :; do sleep 0.05; done")));
        await other.Runtime.DisposeAsync();
        infos.ShouldAllBe(i => !IsAlive(int.Parse(i.ContainerId, CultureInfo.InvariantCulture)));
        await Should.ThrowAsync<ObjectDisposedException>(() => other.StartAsync(other.Custom("sleep", "1")));
    }

    [Fact]
    public async Task Environment_OfAContainer_HoldsTheContractTheSpecAndNoSecrets()
    {
        Environment.SetEnvironmentVariable("ORCH_TEST_SECRET", "hunter2");
        var launch = _fixture.Launch(new ModelVersionSpec
        {
            Version = "1", Framework = "custom", Command = ["env"], Threads = 3,
            Environment = new Dictionary<string, string> { ["MINE"] = "a b", ["ORCHESTRATOR_PORT"] = "1" },
            Options = new Dictionary<string, System.Text.Json.JsonElement> { ["method"] = Json("\"predict\"") },
        });
        var info = await _fixture.StartAsync(launch);
        var lines = await _fixture.Runtime.ReadLogAsync(info.ContainerId, 100, follow: true, Token).ToListAsync(Token);
        lines.ShouldContain("MINE=a b");
        lines.ShouldContain($"ORCHESTRATOR_PORT={info.Address.Port}");
        lines.ShouldContain("ORCHESTRATOR_HOST=127.0.0.1");
        lines.ShouldContain("ORCHESTRATOR_THREADS=3");
        lines.ShouldContain("ORCHESTRATOR_MODEL=m");
        lines.ShouldContain($"ORCHESTRATOR_REPLICA={launch.Replica}");
        lines.ShouldContain("ORCHESTRATOR_OPTIONS={\"method\":\"predict\"}");
        lines.ShouldAllBe(l => !l.Contains("hunter2"));
        string[] known = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "DOTNET_ROOT", "PWD", "_", "SHLVL", "OLDPWD", "MINE"];
        lines.Select(l => l.Split('=')[0]).Where(n => !n.StartsWith("ORCHESTRATOR_", StringComparison.Ordinal) && !known.Contains(n)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_OfAContainer_GivesItASessionAFolderAndNoInput()
    {
        var info = await _fixture.StartAsync(_fixture.Shell("cut -d' ' -f5,6 /proc/$$/stat; pwd; read line; echo \"stdin ended\""));
        var lines = await _fixture.Runtime.ReadLogAsync(info.ContainerId, 100, follow: true, Token).ToListAsync(Token);
        lines[0].ShouldBe($"{info.ContainerId} {info.ContainerId}");
        lines[1].ShouldStartWith(_fixture.Folder);
        lines[2].ShouldBe("stdin ended");
    }

    [Fact]
    public async Task Start_WithPlaceholders_FillsThemIn()
    {
        var artefact = Path.Combine(_fixture.Folder, "model.bin");
        await File.WriteAllTextAsync(artefact, "x", Token);
        var launch = _fixture.Custom("echo", "{model}:{version}", "{host}:{port}", "--from={artefact}") with { ArtefactPath = artefact };
        var info = await _fixture.StartAsync(launch);
        (await _fixture.FirstLineAsync(info)).ShouldBe($"m:1 127.0.0.1:{info.Address.Port} --from={artefact}");
    }

    [Fact]
    public async Task Start_OfAProgramThatIsMissing_SaysWhere()
    {
        var error = await Should.ThrowAsync<ContainerStartException>(() => _fixture.StartAsync(_fixture.Custom("no-such-program-here")));
        error.Message.ShouldContain("'no-such-program-here' was not found on the PATH");
        error = await Should.ThrowAsync<ContainerStartException>(() => _fixture.StartAsync(_fixture.Launch(new ModelVersionSpec { Version = "1", Framework = "sklaern" })));
        error.Message.ShouldContain("'sklaern'");
        (await _fixture.Runtime.ListAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_WithoutItsArtefact_SaysSo()
    {
        var launch = _fixture.Launch(new ModelVersionSpec { Version = "1", Framework = "custom", Command = ["true"], Artefact = new ArtefactSpec { Digest = "sha256:ab" } });
        var error = await Should.ThrowAsync<ContainerStartException>(() => _fixture.StartAsync(launch with { ArtefactPath = "/nowhere/model" }));
        error.Message.ShouldContain("sha256:ab is not in the store (/nowhere/model)");
    }

    private static List<int> Family(int session, ContainerLaunch launch) =>
        [.. ProcessTable.FindBySession(session).Union(ProcessTable.FindByEnvironment((ContainerVariables.Replica, launch.Replica.ToString())))];
}
