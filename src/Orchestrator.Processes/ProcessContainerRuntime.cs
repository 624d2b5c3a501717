using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Processes.Launching;
using Orchestrator.Processes.Lifetime;
using Orchestrator.Processes.Logs;

namespace Orchestrator.Processes;

/// <summary>
/// Runs containers as child processes (Linux). Nothing it starts outlives it: it ends its containers when it is disposed; when it is killed the kernel ends
/// each child (parent death signal), a watchdog ends their children, and what slipped through all the same is ended by the next run on the same folder, at
/// its first call.
/// </summary>
public sealed partial class ProcessContainerRuntime : IContainerRuntime, IAsyncDisposable
{
    /// <summary>Value of <c>runtime:</c> in a cluster file.</summary>
    public const string RuntimeName = "process";

    private readonly ProcessRuntimeOptions _options;
    private readonly FrameworkCatalog _frameworks;
    private readonly TimeProvider _time;
    private readonly ILogger<ProcessContainerRuntime> _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ContainerProcess> _running = new(StringComparer.Ordinal);
    private readonly Queue<ContainerProcess> _ended = new();
    private readonly ExitFeed _exits = new();
    private Task<RuntimeParts>? _parts;
    private bool _disposed;

    /// <summary>Does nothing yet: folders, leftovers and the watchdog are seen to at the first call.</summary>
    /// <exception cref="PlatformNotSupportedException">Not on Linux.</exception>
    public ProcessContainerRuntime(ProcessRuntimeOptions options, FrameworkCatalog frameworks, TimeProvider time, ILogger<ProcessContainerRuntime> logger)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Containers as processes need Linux (sessions, /proc, parent death signals). Elsewhere use 'runtime: docker'.");
        }

        _options = options;
        _frameworks = frameworks;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    public async Task<ContainerInfo> StartAsync(ContainerLaunch launch, CancellationToken cancellationToken)
    {
        try
        {
            var parts = await PartsAsync().WaitAsync(cancellationToken);
            return await StartAsync(parts, launch, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ContainerStartException($"{e.Message} (work folder {_options.WorkFolder}; is the disk full or the folder another user's?)", e);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken)
    {
        ContainerProcess? container;
        lock (_lock)
        {
            container = _running.GetValueOrDefault(containerId);
        }

        if (container is not null)
        {
            await container.StopAsync(grace, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken)
    {
        await PartsAsync().WaitAsync(cancellationToken);
        lock (_lock)
        {
            return [.. _running.Values.Select(c => c.Info)];
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, ContainerUsage>> ReadUsageAsync(CancellationToken cancellationToken)
    {
        Dictionary<int, string> sessions;
        lock (_lock)
        {
            sessions = _running.Values.ToDictionary(c => c.Pid, c => c.Info.ContainerId);
        }

        return Task.Run<IReadOnlyDictionary<string, ContainerUsage>>(
            () => ProcessUsage.Read(sessions.Keys.ToHashSet()).ToDictionary(u => sessions[u.Key], u => u.Value, StringComparer.Ordinal), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ContainerExit> WatchExitsAsync(CancellationToken cancellationToken) => _exits.Watch(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ReadLogAsync(string containerId, int tail, bool follow, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var container = _running.GetValueOrDefault(containerId) ?? _ended.LastOrDefault(c => c.Info.ContainerId == containerId);
            return container is null ? AsyncEnumerable.Empty<string>() : container.Log.ReadAsync(tail, follow, cancellationToken);
        }
    }

    /// <summary>Drains and ends every container, everything they started, and the watchdog.</summary>
    public async ValueTask DisposeAsync()
    {
        List<ContainerProcess> running;
        Task<RuntimeParts>? preparing;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            running = [.. _running.Values];
            preparing = _parts;
        }

        if (preparing is null || await PreparedAsync(preparing) is not { } parts)
        {
            return;
        }

        await Task.WhenAll(running.Select(c => c.StopAsync(_options.ShutdownGrace, CancellationToken.None)));
        var stuck = await parts.Ender.EndRunAsync();
        if (stuck.Count > 0)
        {
            Log.Stuck(_logger, "The whole run", stuck);
        }

        parts.Watchdog.Dispose();
        parts.Starter.Dispose();
    }

    // Whoever called for what could not be prepared was told why; nothing was started that would have to be ended.
    private static async Task<RuntimeParts?> PreparedAsync(Task<RuntimeParts> preparing)
    {
        await ((Task)preparing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return preparing.IsCompletedSuccessfully ? await preparing : null;
    }

    /// <summary>Prepared once; a preparation that failed (folder not writable) is tried again at the next call.</summary>
    private Task<RuntimeParts> PartsAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _parts = _parts is null or { IsFaulted: true } ? Task.Run(PrepareAsync) : _parts;
        }
    }

    private async Task<RuntimeParts> PrepareAsync()
    {
        Directory.CreateDirectory(_options.WorkFolder);
        var run = RunIdentity.Load(_options.WorkFolder);
        var folders = new WorkFolders(_options.WorkFolder);
        var ender = new ProcessEnder(run, _time);
        var leftovers = await ender.EndLeftoversAsync();
        if (leftovers > 0)
        {
            Log.LeftoversEnded(_logger, leftovers);
        }

        folders.Clean();
        var wrapper = new ChildCommand();
        if (wrapper.Shortcoming is { } shortcoming)
        {
            Log.Shortcoming(_logger, shortcoming);
        }

        var watchdog = new Watchdog(run);
        watchdog.EnsureRuns();
        var commands = new ContainerCommandReader(_options, _frameworks, new PythonFinder(run, _time));
        return new RuntimeParts(run, folders, ender, watchdog, commands, wrapper, new ChildStarter(), new LoopbackPorts());
    }

    private async Task<ContainerInfo> StartAsync(RuntimeParts parts, ContainerLaunch launch, CancellationToken cancellationToken)
    {
        var port = parts.Ports.Take();
        ContainerProcess container;
        try
        {
            var command = await parts.Commands.ReadAsync(launch, port, cancellationToken);
            container = await StartProcessAsync(parts, launch, port, command);
        }
        catch
        {
            parts.Ports.Return(port);
            throw;
        }

        bool disposed;
        lock (_lock)
        {
            disposed = _disposed;
            _running[container.Info.ContainerId] = container;
            container.Ended = Task.Run(() => SuperviseAsync(parts, container), CancellationToken.None);
        }

        if (disposed)
        {
            // Dispose listed the containers before this one was among them.
            await container.StopAsync(TimeSpan.Zero, CancellationToken.None);
            throw new ObjectDisposedException(nameof(ProcessContainerRuntime));
        }

        return container.Info;
    }

    private async Task<ContainerProcess> StartProcessAsync(RuntimeParts parts, ContainerLaunch launch, int port, ContainerCommand command)
    {
        var (workingDirectory, logFile) = parts.Folders.Create(launch.Replica);
        var variables = ContainerVariables.For(launch, port, parts.Run, _options.DrainTime, command.Environment);
        Process process;
        try
        {
            process = await parts.Starter.StartAsync(parts.Wrapper.Wrap(command.Arguments, variables, workingDirectory));
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new ContainerStartException($"'{command.Arguments[0]}' cannot be started: {e.Message}. The machine may be short of processes or memory (see: ulimit -u, free -m).", e);
        }

        parts.Watchdog.Add(process.Id);
        Log.Started(_logger, launch.Replica, process.Id, port, command.Arguments[0]);
        var log = new ReplicaLog(logFile, _options.LogBytes, problem => Log.NotLogged(_logger, launch.Replica, problem));
        var place = new ContainerPlace(port, workingDirectory, log);
        return new ContainerProcess(process, launch, place, parts.Ender, _time) { Ended = Task.CompletedTask };
    }

    /// <summary>Waits for the end of a container; leaves the list and tells the watchers in one step, so whoever watched before listing hears of it.</summary>
    private async Task SuperviseAsync(RuntimeParts parts, ContainerProcess container)
    {
        var exit = await WaitAsync(container);
        parts.Watchdog.Drop(container.Pid);
        parts.Ports.Return(container.Port);
        ContainerProcess? forgotten = null;
        lock (_lock)
        {
            _running.Remove(container.Info.ContainerId);
            _ended.Enqueue(container);
            if (_ended.Count > _options.EndedLogs)
            {
                forgotten = _ended.Dequeue();
            }

            _exits.Publish(exit);
        }

        forgotten?.Log.Delete();
        Log.Ended(_logger, exit.Replica, container.Pid, exit.Reason);
    }

    private async Task<ContainerExit> WaitAsync(ContainerProcess container)
    {
        try
        {
            var (exit, stuck) = await container.WaitAsync();
            if (stuck.Count > 0)
            {
                Log.Stuck(_logger, exit.Replica, stuck);
            }

            return exit;
        }
        catch (Exception e)
        {
            // Whatever went wrong, a container that is not followed any more must not be taken for a running one.
            Log.NotFollowed(_logger, e, container.Info.Replica, container.Pid);
            Native.Signal(container.Pid, Native.Sigkill);
            return new ContainerExit(container.Info.ContainerId, container.Info.Replica, null, $"its end could not be followed: {e.Message}", container.Log.Last(20));
        }
    }

    /// <summary>What exists once the runtime was first called.</summary>
    private sealed record RuntimeParts(
        RunIdentity Run, WorkFolders Folders, ProcessEnder Ender, Watchdog Watchdog, ContainerCommandReader Commands, ChildCommand Wrapper, ChildStarter Starter, LoopbackPorts Ports);
}
