using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>Containers that exist only here. Everything completes at once unless told otherwise.</summary>
internal sealed class FakeRuntime : IContainerRuntime
{
    private readonly ConcurrentDictionary<string, ContainerInfo> _running = [];
    private readonly Channel<ContainerExit> _exits = Channel.CreateUnbounded<ContainerExit>();
    private int _next;

    public string Name => "process";

    public Dictionary<string, List<string>> Logs { get; } = [];

    public IReadOnlyList<ContainerInfo> Running => [.. _running.Values.OrderBy(c => c.StartedAt)];

    public List<ContainerLaunch> Launches { get; } = [];

    public List<string> Stops { get; } = [];

    /// <summary>Called for each launch; may throw.</summary>
    public Action<ContainerLaunch> OnStart { get; set; } = _ => { };

    public Func<string, Task> OnStop { get; set; } = _ => Task.CompletedTask;

    /// <summary>What every start waits for.</summary>
    public Task StartGate { get; set; } = Task.CompletedTask;

    public Exception? ListError { get; set; }

    /// <summary>Called before each start, with what hears of its progress; may throw, may take its time.</summary>
    public Func<ContainerLaunch, IProgress<string>, Task> OnPrepare { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What containers say they have used, by id.</summary>
    public Dictionary<string, ContainerUsage> Usage { get; } = [];

    public Task PrepareAsync(ContainerLaunch launch, IProgress<string> progress, CancellationToken cancellationToken) => OnPrepare(launch, progress).WaitAsync(cancellationToken);

    public Task<IReadOnlyDictionary<string, ContainerUsage>> ReadUsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(new Dictionary<string, ContainerUsage>(Usage));

    public async Task<ContainerInfo> StartAsync(ContainerLaunch launch, CancellationToken cancellationToken)
    {
        Launches.Add(launch);
        OnStart(launch);
        await StartGate.WaitAsync(cancellationToken);
        return AddRunning(launch.Replica, launch.SpecHash);
    }

    public ContainerInfo AddRunning(ReplicaId replica, string specHash)
    {
        var number = Interlocked.Increment(ref _next);
        var id = $"c{number}";
        var info = new ContainerInfo
        {
            ContainerId = id,
            Replica = replica,
            SpecHash = specHash,
            Address = new ContainerAddress("127.0.0.1", 10000 + number),
            StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(number),
        };
        _running[id] = info;
        return info;
    }

    public async Task StopAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken)
    {
        Stops.Add(containerId);
        await OnStop(containerId);
        _running.TryRemove(containerId, out _);
    }

    public Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken) =>
        ListError is { } error ? Task.FromException<IReadOnlyList<ContainerInfo>>(error) : Task.FromResult(Running);

    /// <summary>Ends a container by itself.</summary>
    public ContainerExit End(string containerId, int? exitCode, string reason, params string[] lines)
    {
        _running.TryRemove(containerId, out var info);
        var exit = new ContainerExit(containerId, info!.Replica, exitCode, reason, lines);
        _exits.Writer.TryWrite(exit);
        return exit;
    }

    public IAsyncEnumerable<ContainerExit> WatchExitsAsync(CancellationToken cancellationToken) => _exits.Reader.ReadAllAsync(cancellationToken);

    public async IAsyncEnumerable<string> ReadLogAsync(string containerId, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var line in Logs.GetValueOrDefault(containerId) ?? [])
        {
            yield return line;
        }

        if (follow)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }
}
