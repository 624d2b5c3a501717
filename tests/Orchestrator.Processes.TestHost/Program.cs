using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Processes;

// usage: TestHost WORKFOLDER SCRIPT    starts SCRIPT as a container, prints its id, and stays until standard input ends; then it disposes the runtime
await using var runtime = new ProcessContainerRuntime(
    new ProcessRuntimeOptions { WorkFolder = args[0] }, new FrameworkCatalog([]), TimeProvider.System, NullLogger<ProcessContainerRuntime>.Instance);
var info = await runtime.StartAsync(
    new ContainerLaunch
    {
        Cluster = "test",
        Replica = new ReplicaId(new ModelVersionId("m", "1"), "a"),
        Spec = new ModelVersionSpec { Version = "1", Framework = FrameworkCatalog.Custom, Command = ["/bin/sh", "-c", args[1]] },
        SpecHash = "hash",
    },
    CancellationToken.None);
Console.WriteLine(info.ContainerId);
await Console.In.ReadToEndAsync();
