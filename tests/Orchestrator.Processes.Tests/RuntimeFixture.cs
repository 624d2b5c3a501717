using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Processes.Lifetime;

namespace Orchestrator.Processes.Tests;

/// <summary>A runtime on a folder of its own, and the few things every test of it does.</summary>
internal sealed class RuntimeFixture : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public RuntimeFixture(IReadOnlyList<ContainerManifest>? manifests = null, Func<ProcessRuntimeOptions, ProcessRuntimeOptions>? change = null, string? folder = null)
    {
        Folder = folder ?? NewFolder();
        var options = new ProcessRuntimeOptions { WorkFolder = Folder, ShutdownGrace = TimeSpan.FromSeconds(5) };
        Runtime = new ProcessContainerRuntime(change?.Invoke(options) ?? options, new FrameworkCatalog(manifests ?? []), TimeProvider.System, NullLogger<ProcessContainerRuntime>.Instance);
    }

    public string Folder { get; }

    public ProcessContainerRuntime Runtime { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string NewFolder() => Directory.CreateTempSubdirectory("orch-processes-").FullName;

    public ContainerLaunch Shell(string script) => Custom("/bin/sh", "-c", script);

    public ContainerLaunch Custom(params string[] command) => Launch(new ModelVersionSpec { Version = "1", Framework = FrameworkCatalog.Custom, Command = command });

    public ContainerLaunch Launch(ModelVersionSpec spec) => new()
    {
        Cluster = "test",
        Replica = new ReplicaId(new ModelVersionId("m", spec.Version), Guid.NewGuid().ToString("N")[..12]),
        Spec = spec,
        SpecHash = "hash",
    };

    public Task<ContainerInfo> StartAsync(ContainerLaunch launch) => Runtime.StartAsync(launch, Token);

    public async Task<ContainerExit> RunAsync(ContainerLaunch launch)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var exits = Runtime.WatchExitsAsync(ends.Token);
        var info = await StartAsync(launch);
        return await FindExitAsync(exits, info.ContainerId);
    }

    public static async Task<ContainerExit> FindExitAsync(IAsyncEnumerable<ContainerExit> exits, string containerId)
    {
        await foreach (var exit in exits)
        {
            if (exit.ContainerId == containerId)
            {
                return exit;
            }
        }

        throw new InvalidOperationException("the watch ended");
    }

    /// <summary>The first line a container writes: it is up to that point.</summary>
    public async Task<string> FirstLineAsync(ContainerInfo info)
    {
        await foreach (var line in Runtime.ReadLogAsync(info.ContainerId, 100, follow: true, Token))
        {
            return line;
        }

        throw new InvalidOperationException("it wrote nothing");
    }

    public async Task<List<string>> LogAsync(ContainerInfo info, int tail = 100) => await Runtime.ReadLogAsync(info.ContainerId, tail, follow: false, Token).ToListAsync(Token);

    /// <summary>Waits for something outside this process; there is no event for it.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, what);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    public static bool IsAlive(int pid) => ProcessTable.IsAlive(pid);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
