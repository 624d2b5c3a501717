using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Running;

namespace Orchestrator.Docker.Lifetime;

/// <summary>
/// What follows the end of a container, whoever noticed it: how it ended is found out, its last lines are kept, those who watch are told, and it is removed. Once per container,
/// told before removed, so that nothing is lost if the engine goes away in between. Thread-safe.
/// </summary>
internal sealed class ContainerEndings(EngineClient engine, SocketFolders sockets, EndedContainers ended, ExitFeed feed)
{
    private const int LinesKept = 1000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _ending = new(StringComparer.Ordinal);

    /// <summary>Whether its end was told already.</summary>
    public bool IsTold(string id) => ended.Contains(id);

    /// <summary>Sees to the end of a container that does not run any more.</summary>
    /// <param name="id">The engine's id.</param>
    /// <param name="replica">Which replica it was.</param>
    /// <param name="eventCode">Exit code that an event told; null: none.</param>
    public async Task EndAsync(string id, ReplicaId replica, int? eventCode)
    {
        Task? ending;
        lock (_lock)
        {
            if (!_ending.TryGetValue(id, out ending))
            {
                _ending[id] = ending = Task.Run(() => RunAsync(id, replica, eventCode));
            }
        }

        try
        {
            await ending;
        }
        finally
        {
            Forget(id, ending);
        }
    }

    private void Forget(string id, Task ending)
    {
        lock (_lock)
        {
            if (_ending.GetValueOrDefault(id) == ending)
            {
                _ending.Remove(id);
            }
        }
    }

    private async Task RunAsync(string id, ReplicaId replica, int? eventCode)
    {
        if (!ended.Contains(id))
        {
            var (state, lines) = await AskAsync(id, eventCode);
            if (ended.TryAdd(id, lines))
            {
                feed.Publish(ContainerEnd.Describe(id, replica, state, eventCode, lines));
            }
        }

        await RemoveAsync(id);
        sockets.Delete(replica.Instance);
    }

    // An engine that goes down tells of ends and then answers no more: what the event said must do.
    private async Task<(ContainerState? State, IReadOnlyList<string> Lines)> AskAsync(string id, int? eventCode)
    {
        try
        {
            var details = await engine.Containers.InspectAsync(id, CancellationToken.None);
            return (details.State, await ReadTailAsync(id));
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            return (null, []);
        }
        catch (EngineUnreachableException) when (eventCode is not null)
        {
            return (null, []);
        }
    }

    private async Task<IReadOnlyList<string>> ReadTailAsync(string id)
    {
        try
        {
            return await LogLines.ReadAsync(engine.Containers.ReadLogsAsync(id, LinesKept, follow: false, CancellationToken.None), CancellationToken.None).ToListAsync();
        }
        catch (Exception exception) when (exception is EngineException or EngineUnreachableException)
        {
            // They only explain; the end must be told without them, too.
            return [$"(its log cannot be read: {exception.Message})"];
        }
    }

    private async Task RemoveAsync(string id)
    {
        try
        {
            await engine.Containers.RemoveAsync(id, force: true, CancellationToken.None);
        }
        catch (EngineException exception) when (exception.IsNotFound || exception.IsConflict)
        {
            // Somebody else removed it, or is about to.
        }
    }
}
