using Microsoft.Extensions.Logging;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Images;
using Orchestrator.Docker.Lifetime;
using Orchestrator.Docker.Running;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker;

/// <summary>Where ends of containers go.</summary>
/// <param name="Exits">Those who watch.</param>
/// <param name="Ended">What is remembered.</param>
internal sealed record DockerFeeds(ExitFeed Exits, EndedContainers Ended);

/// <summary>What exists once the engine answered for the first time.</summary>
internal sealed partial record DockerParts(
    EngineClient Engine, string StateId, bool HasLiveRestore, ImageSupply Images, ContainerStarter Starter, ContainerEndings Endings, ExitLoop Loop, UsageReader Usage)
{
    /// <summary>Asks the engine what it is, removes what a former run left half made or ended, and begins to listen.</summary>
    public static async Task<DockerParts> CreateAsync(
        EngineClient engine, DockerRuntimeOptions options, DockerFeeds feeds, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var stateId = StateIdentity.Load(options.WorkFolder);
        var surroundings = await new EngineSurroundingsReader(engine, options).ReadAsync(cancellationToken);
        var network = surroundings.Network ?? "the default one";
        var (ours, custom) = (ReachPolicy.Decide(surroundings, isOurs: true), ReachPolicy.Decide(surroundings, isOurs: false));
        Log.Engine(logger, engine.Endpoint, surroundings.Version, ours, custom, network);
        if (!surroundings.HasLiveRestore)
        {
            Log.NoLiveRestore(logger);
        }

        var sockets = new SocketFolders(options.WorkFolder, stateId, Path.GetTempPath());
        await RemoveLeftoversAsync(engine, stateId, sockets, logger, cancellationToken);
        var images = new ImageSupply(engine, new RegistryLogins(Environment.GetEnvironmentVariable, time));
        var endings = new ContainerEndings(engine, sockets, feeds.Ended, feeds.Exits);
        var loop = new ExitLoop(engine, stateId, endings, time, logger);
        loop.Start();
        var starter = new ContainerStarter(engine, images, sockets, new StarterSettings(options, surroundings, stateId), loop);
        return new DockerParts(engine, stateId, surroundings.HasLiveRestore, images, starter, endings, loop, new UsageReader(engine, surroundings.MachineMemory));
    }

    // Made and never started, or ended while nobody listened: nothing would ever become of them.
    private static async Task RemoveLeftoversAsync(EngineClient engine, string stateId, SocketFolders sockets, ILogger logger, CancellationToken cancellationToken)
    {
        var all = await engine.Containers.ListAsync(all: true, ContainerLabels.FilterOf(stateId), cancellationToken);
        var (left, running) = (all.Where(c => c.State is "created" or "exited" or "dead"), all.Where(c => c.State is not ("created" or "exited" or "dead")));
        foreach (var container in left)
        {
            try
            {
                await engine.Containers.RemoveAsync(container.Id, force: true, cancellationToken);
            }
            catch (EngineException exception) when (exception.IsNotFound || exception.IsConflict)
            {
                // Somebody else is at it.
            }
            catch (EngineException exception)
            {
                // Its file system is in use, for instance. Nobody is served by it, so nobody need wait for it.
                Log.NotRemoved(logger, container.Id, exception.EngineMessage);
            }
        }

        sockets.KeepOnly(running.Select(c => c.Labels?.GetValueOrDefault(ContainerLabels.Replica) ?? "").ToHashSet(StringComparer.Ordinal));
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6110, EventName = "EngineFound", Level = LogLevel.Information, Message = "Docker engine at {Endpoint}, API {Version}; containers of frameworks are reached by {Ours}, custom ones by {Custom}, on network {Network}")]
        public static partial void Engine(ILogger logger, EngineEndpoint endpoint, ApiVersion version, Reach ours, Reach custom, string network);

        [LoggerMessage(EventId = 6112, EventName = "LeftoverNotRemoved", Level = LogLevel.Warning, Message = "The engine does not remove container {Id}, which a former run left: {Reason}; it is tried again at the next start, or remove it by hand")]
        public static partial void NotRemoved(ILogger logger, string id, string reason);

        [LoggerMessage(EventId = 6111, EventName = "NoLiveRestore", Level = LogLevel.Information, Message = "The engine runs without live-restore: when it is stopped or restarted, containers end with it and are replaced; docs/docker.md says how to keep them")]
        public static partial void NoLiveRestore(ILogger logger);
    }
}
