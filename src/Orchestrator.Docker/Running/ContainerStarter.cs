using System.Formats.Tar;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Images;
using Orchestrator.Docker.Lifetime;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Running;

/// <summary>What holds for every start.</summary>
internal sealed record StarterSettings(DockerRuntimeOptions Options, EngineSurroundings Surroundings, string StateId);

/// <summary>Makes and starts one container. What was begun and failed is undone.</summary>
internal sealed class ContainerStarter(EngineClient engine, ImageSupply images, SocketFolders sockets, StarterSettings settings, ExitLoop loop)
{
    private static readonly IProgress<string> Nobody = new Silent();

    /// <summary>The image of a version: its own, else that of its framework.</summary>
    /// <exception cref="ContainerStartException">It has none.</exception>
    public static string ImageOf(ModelVersionSpec spec, DockerRuntimeOptions options) => spec switch
    {
        { Image: { } image } => image,
        { Framework: FrameworkCatalog.Custom } => throw new ContainerStartException("framework custom needs an image under runtime docker; name one with 'image:'"),
        _ => $"{options.ImagePrefix}{spec.Framework}:latest",
    };

    /// <exception cref="ContainerStartException">The engine cannot make or start it.</exception>
    public async Task<ContainerInfo> StartAsync(ContainerLaunch launch, CancellationToken cancellationToken)
    {
        if (launch.Spec.Artefact is not null && !Path.Exists(launch.ArtefactPath))
        {
            throw new ContainerStartException($"{launch.Replica.ModelVersion}: its artefact {launch.Spec.Artefact.Digest} is not in the store ({launch.ArtefactPath ?? "no path"}); deploy the version again to upload it.");
        }

        var image = ImageOf(launch.Spec, settings.Options);
        var details = await images.RequireAsync(image, Nobody, cancellationToken);
        var plan = Plan(launch, image, details);
        string? id = null;
        loop.BeginStart(launch.Replica);
        try
        {
            // Not given up in the middle, only afterwards: a container whose id nobody has heard would be left for good. Bounded by the transport.
            id = await CreateAsync(plan, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            await CopyArtefactAsync(plan, id, cancellationToken);
            await engine.Containers.StartAsync(id, cancellationToken);
            loop.Expect(id, launch.Replica);
            return await FindAsync(plan, id, cancellationToken);
        }
        catch (Exception exception)
        {
            var isGone = await UndoAsync(plan, id);
            if (exception is EngineException refusal)
            {
                // An engine that goes down fails what it is at; that is nothing of the model's.
                if (isGone || refusal.IsGoingDown)
                {
                    throw new EngineUnreachableException($"engine unreachable at {engine.Endpoint}: it is going down ({refusal.EngineMessage})", refusal);
                }

                throw new ContainerStartException($"a container of image '{image}' cannot be started: {refusal.EngineMessage}", refusal);
            }

            throw;
        }
        finally
        {
            loop.EndStart(launch.Replica);
        }
    }

    private ContainerPlan Plan(ContainerLaunch launch, string image, ImageDetails details)
    {
        var reach = ReachPolicy.Decide(settings.Surroundings, isOurs: launch.Spec.Framework != FrameworkCatalog.Custom);
        return new ContainerPlan
        {
            Launch = launch,
            Surroundings = settings.Surroundings,
            StateId = settings.StateId,
            Image = image,
            ImageConfig = details.Config ?? new ImageConfig(),
            Reach = reach,
            Artefact = ArtefactPolicy.Decide(settings.Surroundings, launch.ArtefactPath is { } path ? Path.GetFullPath(path) : null),
            SocketFolder = reach == Reach.Socket ? sockets.Create(launch.Replica) : null,
            DrainTime = settings.Options.DrainTime,
        };
    }

    private async Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken)
    {
        var request = CreateRequestMapper.Map(plan);
        try
        {
            return (await engine.Containers.CreateAsync(plan.Name, request, cancellationToken)).Id;
        }
        catch (EngineException exception) when (exception.IsConflict)
        {
            // An earlier try for the same replica whose answer was lost with the engine's connection. Anybody else's container of that name stays.
            var holder = await engine.Containers.InspectAsync(plan.Name, cancellationToken);
            if (holder.Config?.Labels?.GetValueOrDefault(ContainerLabels.State) != settings.StateId)
            {
                throw;
            }

            await engine.Containers.RemoveAsync(holder.Id, force: true, cancellationToken);
            return (await engine.Containers.CreateAsync(plan.Name, request, cancellationToken)).Id;
        }
    }

    private async Task CopyArtefactAsync(ContainerPlan plan, string id, CancellationToken cancellationToken)
    {
        if (!plan.Artefact.IsCopied)
        {
            return;
        }

        // Through a file: the archive's length is only known at its end.
        await using var tar = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            await AddAsync(writer, plan.Launch.ArtefactPath!, Path.GetFileName(plan.Launch.ArtefactPath!), cancellationToken);
        }

        tar.Position = 0;
        await engine.Containers.PutArchiveAsync(id, ArtefactPolicy.Folder, tar, cancellationToken);
    }

    private static async Task AddAsync(TarWriter writer, string path, string name, CancellationToken cancellationToken)
    {
        await writer.WriteEntryAsync(path, name, cancellationToken);
        if (!Directory.Exists(path))
        {
            return;
        }

        foreach (var inner in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            await AddAsync(writer, inner, $"{name}/{Path.GetFileName(inner)}", cancellationToken);
        }
    }

    // From the list, not from what was asked for: the next orchestrator will read the same.
    private async Task<ContainerInfo> FindAsync(ContainerPlan plan, string id, CancellationToken cancellationToken)
    {
        var found = await engine.Containers.ListAsync(all: true, ContainerLabels.FilterOf(settings.StateId).Add("id", id), cancellationToken);
        var summary = found.FirstOrDefault(c => c.Id == id);
        if (summary is { State: "running" or "paused" } && ContainerInfoMapper.Map(summary) is { } info)
        {
            return info;
        }

        // Its end says more than anything that could be said here.
        await loop.EndAsync(id, plan.Launch.Replica, exitCode: null);
        throw new ContainerStartException("it ended right after its start");
    }

    // Bounded by the transport, not by the caller's token: he may have given up just now. True: the engine does not answer any more.
    private async Task<bool> UndoAsync(ContainerPlan plan, string? id)
    {
        try
        {
            if (id is not null)
            {
                await engine.Containers.RemoveAsync(id, force: true, CancellationToken.None);
            }

            sockets.Delete(plan.Launch.Replica.Instance);
            return false;
        }
        catch (Exception exception) when (exception is EngineException or EngineUnreachableException or IOException)
        {
            // What is left carries our labels: the next list, or the next start of the orchestrator, sees to it.
            return exception is EngineUnreachableException;
        }
    }

    private sealed class Silent : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
