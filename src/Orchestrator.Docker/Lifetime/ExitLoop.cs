using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Running;

namespace Orchestrator.Docker.Lifetime;

/// <summary>
/// Hears from the engine which of our containers ended. Subscribes first and lists then, each time anew when the engine was away: what ended in between is in the list.
/// Owns its one background task.
/// </summary>
internal sealed partial class ExitLoop(EngineClient engine, string stateId, ContainerEndings endings, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 16;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, ReplicaId> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ReplicaId, byte> _starting = new();
    private bool _isAway;
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(() => RunAsync(_stopping.Token));

    /// <summary>A container that is known to run: should the engine have no word of it any more, its end is told all the same.</summary>
    public void Expect(string id, ReplicaId replica) => _running[id] = replica;

    /// <summary>From here on a container of it may exist that does not run yet.</summary>
    public void BeginStart(ReplicaId replica) => _starting[replica] = 0;

    /// <summary>It is expected, or undone as far as the engine let us.</summary>
    public void EndStart(ReplicaId replica) => _starting.TryRemove(replica, out _);

    /// <summary>Containers that are known to run.</summary>
    public IReadOnlyCollection<string> Running => [.. _running.Keys];

    /// <summary>Sees to the end of a container, and no longer expects it.</summary>
    public async Task EndAsync(string id, ReplicaId replica, int? exitCode)
    {
        await endings.EndAsync(id, replica, exitCode);
        _running.TryRemove(id, out _);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; !cancellationToken.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await ListenAsync(() => pause = FirstPause, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                NoteAway(exception.Message);
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Once per outage: the tries go on every second, and the status says it all the while.
    private void NoteAway(string reason)
    {
        if (!_isAway)
        {
            _isAway = true;
            Log.Interrupted(logger, reason);
        }
    }

    private void NoteBack()
    {
        if (_isAway)
        {
            _isAway = false;
            Log.Resumed(logger);
        }
    }

    /// <summary>One subscription, from its begin until it breaks.</summary>
    private async Task ListenAsync(Action connected, CancellationToken cancellationToken)
    {
        var filters = ContainerLabels.FilterOf(stateId).Add("type", "container").Add("event", "die", "destroy");
        using var subscription = await engine.System.SubscribeAsync(filters, since: null, cancellationToken);
        await CatchUpAsync(cancellationToken);
        connected();
        NoteBack();
        var ends = new List<Task>();
        try
        {
            await foreach (var happened in subscription.ReadAsync(cancellationToken))
            {
                // Side by side: when a machine loses many containers at once, the last is known as soon as the first.
                ends.Add(TakeAsync(happened));
                await SettleAsync(ends);
            }
        }
        finally
        {
            await Task.WhenAll(ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // One that failed throws here: the subscription is begun anew, and the list then shows what is still to be seen to.
    private static async Task SettleAsync(List<Task> ends)
    {
        foreach (var done in ends.Where(e => e.IsCompleted).ToList())
        {
            ends.Remove(done);
            await done;
        }

        if (ends.Count >= MostAtOnce)
        {
            await await Task.WhenAny(ends);
        }
    }

    /// <summary>Ends that nobody told: containers that do not run, and those that are gone.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        // Taken before the list: one that starts after it is none that it lacks.
        var expected = _running.ToArray();
        var all = await engine.Containers.ListAsync(all: true, ContainerLabels.FilterOf(stateId), cancellationToken);
        foreach (var container in all.Where(c => c.State is "exited" or "dead"))
        {
            if (ContainerLabels.ReadReplica(container.Labels) is { } replica)
            {
                await EndListedAsync(container.Id, replica);
            }
        }

        foreach (var container in all.Where(c => c.State == "created"))
        {
            await RemoveHalfMadeAsync(container);
        }

        var known = all.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, replica) in expected.Where(e => !known.Contains(e.Key)))
        {
            await EndListedAsync(id, replica);
        }
    }

    // One that the engine cannot remove (its file system is in use) stays listed, and must not hide the ends of all others.
    private async Task EndListedAsync(string id, ReplicaId replica)
    {
        try
        {
            await EndAsync(id, replica, exitCode: null);
        }
        catch (EngineException exception)
        {
            Log.NotRemoved(logger, id, replica, exception.EngineMessage);
        }
    }

    // Left by a start that the engine's end broke off. Who is expected has started after the list; without force the engine itself refuses to remove what runs.
    private async Task RemoveHalfMadeAsync(ContainerSummary container)
    {
        if (ContainerLabels.ReadReplica(container.Labels) is not { } replica || _starting.ContainsKey(replica) || _running.ContainsKey(container.Id))
        {
            return;
        }

        try
        {
            await engine.Containers.RemoveAsync(container.Id, force: false, CancellationToken.None);
        }
        catch (EngineException exception) when (exception.IsNotFound || exception.IsConflict)
        {
            // Somebody else was at it.
        }
        catch (EngineException exception)
        {
            Log.NotRemoved(logger, container.Id, replica, exception.EngineMessage);
        }
    }

    private async Task TakeAsync(EngineEvent happened)
    {
        if (happened.Actor is not { ID: { } id, Attributes: { } attributes } || ContainerLabels.ReadReplica(attributes) is not { } replica)
        {
            return;
        }

        // A destroy without a die before it is one of a container that never ran, or whose die we missed.
        if (happened.Action == "destroy" && !_running.ContainsKey(id))
        {
            return;
        }

        int? code = int.TryParse(attributes.GetValueOrDefault("exitCode"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        await EndAsync(id, replica, code);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6101, EventName = "EventsInterrupted", Level = LogLevel.Warning, Message = "The engine's events broke off and are asked for again: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(EventId = 6103, EventName = "ContainerNotRemoved", Level = LogLevel.Warning, Message = "Container {Id} of {Replica} has ended and the engine does not remove it: {Reason}; it is tried again when events are asked for anew, or remove it by hand")]
        public static partial void NotRemoved(ILogger logger, string id, ReplicaId replica, string reason);

        [LoggerMessage(EventId = 6102, EventName = "EventsResumed", Level = LogLevel.Information, Message = "The engine answers again; what ended meanwhile is known")]
        public static partial void Resumed(ILogger logger);
    }
}
