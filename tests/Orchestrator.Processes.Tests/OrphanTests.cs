using System.Diagnostics;
using System.Globalization;
using Orchestrator.Processes.Launching;
using Orchestrator.Processes.Lifetime;
using static Orchestrator.Processes.Tests.RuntimeFixture;

namespace Orchestrator.Processes.Tests;

/// <summary>Nothing a runtime started outlives its process, whatever ends that.</summary>
public sealed class OrphanTests : IDisposable
{
    private const string Family = "echo up; setsid sh -c 'trap \"\" TERM HUP; sleep 2001 & wait' & sleep 2002 & env -i sleep 2003 & wait";

    private readonly string _folder = NewFolder();
    private readonly List<Process> _hosts = [];

    public void Dispose()
    {
        foreach (var host in _hosts)
        {
            host.Kill();
            host.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Kill9_OfTheOrchestrator_LeavesNothing()
    {
        var (host, session) = await StartHostAsync(Family);
        await EventuallyAsync(() => Members(session).Count >= 5, "the family runs");
        host.Kill();
        await host.WaitForExitAsync(Token);
        await EventuallyAsync(() => Members(session).Count == 0, "nothing is left of it");
    }

    [Fact]
    public async Task Kill9_OfTheOrchestratorAndItsWatchdog_LeavesNothingOnceTheNextRuns()
    {
        var (host, session) = await StartHostAsync(Family);
        await EventuallyAsync(() => Members(session).Count >= 5, "the family runs");
        var marked = Marked();
        marked.Count.ShouldBeGreaterThanOrEqualTo(4);
        Native.Signal(FindWatchdog(session), Native.Sigkill);
        host.Kill();
        await host.WaitForExitAsync(Token);
        // The container itself dies by its parent death signal; what it started in another session is left.
        await EventuallyAsync(() => !IsAlive(session), "the container is gone");
        marked.Count(IsAlive).ShouldBeGreaterThan(0, "without the watchdog something is left, else this tests nothing");

        await using var next = new RuntimeFixture(folder: Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName);
        await next.Runtime.ListAsync(Token);
        marked.Count(IsAlive).ShouldBeGreaterThan(0, "another folder's runtime does not touch them");

        await using var successor = new ProcessContainerRuntime(
            new ProcessRuntimeOptions { WorkFolder = _folder }, new([]), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ProcessContainerRuntime>.Instance);
        (await successor.ListAsync(Token)).ShouldBeEmpty();
        marked.ShouldAllBe(pid => !IsAlive(pid));
        ProcessTable.FindBySession(session).ForEach(pid => Native.Signal(pid, Native.Sigkill));
    }

    [Fact]
    public async Task Watchdog_ThatIsEnded_IsStartedAgainWithTheNextContainer()
    {
        await using var fixture = new RuntimeFixture();
        var info = await fixture.StartAsync(fixture.Shell("echo up; exec sleep 1000"));
        await fixture.FirstLineAsync(info);
        var container = int.Parse(info.ContainerId, CultureInfo.InvariantCulture);
        var first = FindWatchdog(container);
        Native.Signal(first, Native.Sigkill);
        await EventuallyAsync(() => !IsAlive(first), "it is gone");
        await fixture.StartAsync(fixture.Custom("sleep", "1000"));

        // While a process becomes another program it has no command line.
        await EventuallyAsync(() => Watchdogs(container).Any(pid => pid != first), "it is started again");
    }

    [Fact]
    public async Task Start_OfAContainer_LetsItInheritNeitherTheWatchdogsPipeNorSockets()
    {
        await using var fixture = new RuntimeFixture();
        var containers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.StartAsync(fixture.Shell("echo up; sleep 1000"))));
        foreach (var container in containers)
        {
            await fixture.FirstLineAsync(container);
            var pid = int.Parse(container.ContainerId, CultureInfo.InvariantCulture);
            var held = Directory.EnumerateFiles($"/proc/{pid}/fd").Select(f => new FileInfo(f).LinkTarget.ShouldNotBeNull()).ToList();
            held.Count.ShouldBeGreaterThanOrEqualTo(3);
            held.ShouldNotContain(new FileInfo($"/proc/{FindWatchdog(pid)}/fd/0").LinkTarget.ShouldNotBeNull());
            held.ShouldAllBe(f => !f.StartsWith("socket:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Interrupt_OfTheTerminal_DoesNotReachContainersOrWatchdog()
    {
        var (host, session) = await StartHostAsync("echo up; sleep 2004");
        ReadSession(session).ShouldBe(session);
        ReadSession(FindWatchdog(session)).ShouldNotBe(ReadSession(host.Id));
    }

    [Fact]
    public async Task Dispose_InTheOrchestrator_SendsTheWatchdogHome()
    {
        var (host, session) = await StartHostAsync("echo up; sleep 2005");
        var watchdog = FindWatchdog(session);
        host.StandardInput.Close();
        await host.WaitForExitAsync(Token);
        host.ExitCode.ShouldBe(0);
        IsAlive(session).ShouldBeFalse();
        await EventuallyAsync(() => !IsAlive(watchdog), "the watchdog went");
    }

    private async Task<(Process Host, int Session)> StartHostAsync(string script)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Orchestrator.Processes.TestHost.dll"));
        start.ArgumentList.Add(_folder);
        start.ArgumentList.Add(script);
        var host = Process.Start(start)!;
        _hosts.Add(host);
        var line = await host.StandardOutput.ReadLineAsync(Token);
        return (host, int.Parse(line.ShouldNotBeNull(), CultureInfo.InvariantCulture));
    }

    private List<int> Marked() => ProcessTable.FindByEnvironment((ContainerVariables.State, RunIdentity.Load(_folder).StateId));

    private List<int> Members(int session) => [.. Marked().Union(ProcessTable.FindBySession(session))];

    /// <summary>The watchdog of the run that a container belongs to.</summary>
    private static int FindWatchdog(int container) => Watchdogs(container).Single();

    private static IEnumerable<int> Watchdogs(int container)
    {
        var run = TryRead($"/proc/{container}/environ").ShouldNotBeNull().Split('\0').First(v => v.StartsWith("ORCHESTRATOR_RUN_ID=", StringComparison.Ordinal)).Split('=')[1];
        return Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && IsAlive(pid) && CommandLine(pid).Contains("orchestrator-watchdog") && CommandLine(pid).Contains(run));
    }

    private static int ReadSession(int pid) => int.Parse(ReadStat(pid).ShouldNotBeNull()[3], CultureInfo.InvariantCulture);

    private static string CommandLine(int pid) => TryRead($"/proc/{pid}/cmdline") ?? "";

    private static string[]? ReadStat(int pid) => TryRead($"/proc/{pid}/stat") is { } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : null;

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
