using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Engines;

/// <summary>The engine of tests/docker-engine.sh, with an image of a few programs (busybox) in it. Fails, rather than skips, if there is none: tests that need it carry the trait Needs=Docker.</summary>
public sealed class RealEngine : IAsyncLifetime
{
    internal const string Image = "orchestrator-tests/busybox:1";
    private const string Variable = "ORCHESTRATOR_TEST_DOCKER_SOCKET";
    private const string Busybox = "/bin/busybox";

    internal static EngineEndpoint Endpoint => new()
    {
        SocketPath = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
            ? path
            : throw new InvalidOperationException($"{Variable} is not set: export {Variable}=$(bash tests/docker-engine.sh start), or leave these tests out: -trait- Needs=Docker"),
    };

    internal EngineClient Client { get; } = new(Endpoint, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        using var context = new MemoryStream();
        await using (var tar = new TarWriter(context, leaveOpen: true))
        {
            await tar.WriteEntryAsync(Busybox, "busybox");
            var dockerfile = Encoding.UTF8.GetBytes("FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\nENV PATH=/bin\n");
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream(dockerfile), Mode = UnixFileMode.UserRead });
        }

        context.Position = 0;
        await foreach (var _ in Client.Images.BuildAsync(context, new ImageBuild { Tag = Image }, CancellationToken.None))
        {
        }
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the engine alone, or starts it again.</summary>
    internal static async Task ScriptAsync(string command)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root(), "tests", "docker-engine.sh"), command]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orchestrator.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run from inside the repository.");
        }

        return folder;
    }
}

/// <summary>Tests that share the engine run one after the other: some of them end it.</summary>
[CollectionDefinition(Name)]
public sealed class RealEngineTests : ICollectionFixture<RealEngine>
{
    public const string Name = "real engine";
}

/// <summary>A runtime in a folder of its own, on the real engine. Ends all it started.</summary>
internal sealed class RuntimeUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly bool _ownsFolder;
    private readonly CancellationTokenSource _watching = new();
    private readonly IAsyncEnumerator<ContainerExit> _exits;
    private bool _isAbandoned;
    private int _next;

    public RuntimeUnderTest(string? folder = null)
    {
        _ownsFolder = folder is null;
        _folder = folder is null ? Directory.CreateTempSubdirectory("orchestrator-docker-") : new DirectoryInfo(folder);
        Runtime = new DockerContainerRuntime(new DockerRuntimeOptions { WorkFolder = Folder }, RealEngine.Endpoint, TimeProvider.System, NullLogger<DockerContainerRuntime>.Instance);
        _exits = Runtime.WatchExitsAsync(_watching.Token).GetAsyncEnumerator();
    }

    public string Folder => _folder.FullName;

    public DockerContainerRuntime Runtime { get; }

    /// <summary>Starts a shell with a script; a custom container, so reached at its bridge address.</summary>
    public Task<ContainerInfo> StartAsync(string script, ResourcesSpec? resources = null, string? artefact = null, string image = RealEngine.Image) => Runtime.StartAsync(
        Launches.Of(
            new ModelVersionSpec
            {
                Version = "1",
                Framework = FrameworkCatalog.Custom,
                Image = image,
                Command = ["/bin/sh", "-c", script],
                Resources = resources,
                Artefact = artefact is null ? null : new ArtefactSpec { Digest = "sha256:0" },
            },
            instance: $"{TestContext.Current.Test!.UniqueID[..8]}{Interlocked.Increment(ref _next)}", artefact: artefact),
        TestContext.Current.CancellationToken);

    /// <summary>The next end that is told.</summary>
    public async Task<ContainerExit> NextExitAsync()
    {
        (await _exits.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System)).ShouldBeTrue();
        return _exits.Current;
    }

    public async Task<IReadOnlyList<string>> LogAsync(string id, bool follow = false) =>
        await Runtime.ReadLogAsync(id, 100, follow, TestContext.Current.CancellationToken).ToListAsync();

    /// <summary>As if this process were killed: what runs goes on.</summary>
    public async Task AbandonAsync()
    {
        _isAbandoned = true;
        await _watching.CancelAsync();
        await Runtime.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isAbandoned)
        {
            foreach (var container in await Runtime.ListAsync(CancellationToken.None))
            {
                await Runtime.StopAsync(container.ContainerId, TimeSpan.Zero, CancellationToken.None);
            }

            await AbandonAsync();
        }

        _watching.Dispose();
        if (_ownsFolder)
        {
            _folder.Delete(recursive: true);
        }
    }
}
