using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Control.Replicas;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Starts the tasks that talk to the runtime for the loop, and owns them until they ended. What they find out goes to the loop's inbox.</summary>
internal sealed partial class ReplicaLauncher
{
    private readonly ConcurrentDictionary<Task, byte> _tasks = [];
    private readonly ConcurrentDictionary<string, byte> _orphans = [];
    private readonly ReplicaRunContext _context;
    private readonly LoopClock _clock;
    private readonly ProblemBoard _problems;
    private bool _asksForUsage;

    public ReplicaLauncher(ReplicaRunContext context, LoopClock clock, ProblemBoard problems) =>
        (_context, _clock, _problems) = (context, clock, problems);

    /// <summary>Begins the life of a replica: with a container of its own, or an adopted one.</summary>
    public void Begin(Replica replica, ContainerInfo? adopted)
    {
        var run = new ReplicaRun(replica.Launch, adopted, _context);
        replica.Run = run;
        run.Begin();
    }

    /// <summary>Ends a replica's task and then its container, whichever of them exists.</summary>
    public void Stop(Replica replica, TimeSpan grace)
    {
        replica.StopRequested = true;
        var run = replica.Run;
        replica.Run = null;
        Own(StopAsync(replica, run, grace));
    }

    /// <summary>Ends the task of a replica whose container is gone, or shall live on.</summary>
    public void End(ReplicaRun run) => Own(run.DisposeAsync().AsTask());

    /// <summary>Stops a container that belongs to no replica, unless that is under way.</summary>
    public void StopOrphan(ContainerInfo container)
    {
        if (_orphans.TryAdd(container.ContainerId, 0))
        {
            Log.Orphan(_context.Logger, container.ContainerId, container.Replica);
            Own(StopOrphanAsync(container));
        }
    }

    /// <summary>Asks the runtime what runs; the answer is a <see cref="ReplicaMessage.Listed"/>.</summary>
    public void List(CancellationToken cancellationToken) => Own(ListAsync(cancellationToken));

    /// <summary>Asks the runtime what containers use, unless it is still at the last question; the answer is a <see cref="ReplicaMessage.Used"/>.</summary>
    public void AskForUsage(CancellationToken cancellationToken)
    {
        if (!Volatile.Read(ref _asksForUsage))
        {
            Volatile.Write(ref _asksForUsage, true);
            Own(AskForUsageAsync(cancellationToken));
        }
    }

    /// <summary>Completes when every task that was begun here ended.</summary>
    public async Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        while (!_tasks.IsEmpty)
        {
            await Task.WhenAll(_tasks.Keys).WaitAsync(cancellationToken);
        }
    }

    private void Own(Task task)
    {
        if (task.IsCompletedSuccessfully)
        {
            return;
        }

        _tasks.TryAdd(task, 0);
        _ = task.ContinueWith(t => _tasks.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task StopAsync(Replica replica, ReplicaRun? run, TimeSpan grace)
    {
        var id = replica.Id;
        try
        {
            if (run is not null)
            {
                await run.DisposeAsync();
            }

            // The run may have started a container after the replica was no longer wanted: only the run knows of it.
            var container = run?.Container ?? replica.Container;
            if (container is not null)
            {
                await _context.Runtime.StopAsync(container.ContainerId, grace, CancellationToken.None);
            }

            _problems.Clear(StopSource(id.ToString()));
            _context.Tell(new ReplicaMessage.Stopped(id, null));
        }
        catch (Exception exception)
        {
            Log.StopFailed(_context.Logger, id.ToString(), exception);
            _problems.Set(StopSource(id.ToString()), $"replica {id} cannot be stopped ({exception.Message}); it is tried again");
            _context.Tell(new ReplicaMessage.Stopped(id, exception.Message));
        }
    }

    private async Task StopOrphanAsync(ContainerInfo container)
    {
        var source = StopSource(container.ContainerId);
        try
        {
            await _context.Runtime.StopAsync(container.ContainerId, _context.Options.StopGrace, CancellationToken.None);
            _problems.Clear(source);
        }
        catch (Exception exception)
        {
            // It is listed again with the next resync, and tried again.
            Log.StopFailed(_context.Logger, container.ContainerId, exception);
            _problems.Set(source, $"container {container.ContainerId} of {container.Replica} belongs to nothing and cannot be stopped ({exception.Message}); it is tried again");
        }
        finally
        {
            _orphans.TryRemove(container.ContainerId, out _);
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var asked = _clock.Now;
        try
        {
            _context.Tell(new ReplicaMessage.Listed(await _context.Runtime.ListAsync(cancellationToken), null, asked));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The loop ends; nobody waits for the list.
        }
        catch (RuntimeUnavailableException exception)
        {
            // The status says so for as long as it lasts; the log would only fill.
            _context.Tell(new ReplicaMessage.Listed(null, exception.Message, asked, IsRuntimeAway: true));
        }
        catch (Exception exception)
        {
            Log.ListFailed(_context.Logger, _context.Runtime.Name, exception);
            _context.Tell(new ReplicaMessage.Listed(null, $"the runtime cannot list its containers ({exception.Message})", asked));
        }
    }

    private async Task AskForUsageAsync(CancellationToken cancellationToken)
    {
        var asked = _clock.Now;
        try
        {
            _context.Tell(new ReplicaMessage.Used(await _context.Runtime.ReadUsageAsync(cancellationToken), asked));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The loop ends.
        }
        catch (Exception exception)
        {
            // Figures for people: without them nothing stops, and whatever is wrong with the runtime its list says, too.
            Log.NoUsage(_context.Logger, _context.Runtime.Name, exception.Message);
        }
        finally
        {
            Volatile.Write(ref _asksForUsage, false);
        }
    }

    private static string StopSource(string what) => $"stop {what}";

    private static partial class Log
    {
        [LoggerMessage(EventId = 3111, EventName = "OrphanStopped", Level = LogLevel.Information, Message = "Container {Container} of {Replica} belongs to nothing that is wanted and is stopped")]
        public static partial void Orphan(ILogger logger, string container, ReplicaId replica);

        [LoggerMessage(EventId = 3112, EventName = "StopFailed", Level = LogLevel.Error, Message = "{What} cannot be stopped")]
        public static partial void StopFailed(ILogger logger, string what, Exception exception);

        [LoggerMessage(EventId = 3114, EventName = "NoUsage", Level = LogLevel.Debug, Message = "Runtime {Runtime} does not say what containers use: {Reason}")]
        public static partial void NoUsage(ILogger logger, string runtime, string reason);

        [LoggerMessage(EventId = 3113, EventName = "ListFailed", Level = LogLevel.Error, Message = "The containers of runtime {Runtime} cannot be listed")]
        public static partial void ListFailed(ILogger logger, string runtime, Exception exception);
    }
}
