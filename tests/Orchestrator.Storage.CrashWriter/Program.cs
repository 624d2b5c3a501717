// Writes to a registry without end and says each revision once it is acknowledged: the crash test kills it in the middle of that.
// "hold": opens the registry, says so, and ends when its input does.
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Storage.Registry;

using var registry = DiskModelRegistry.Open(args[1], NullLogger<DiskModelRegistry>.Instance);
var snapshot = await registry.ReadAsync(CancellationToken.None);
if (args[0] == "hold")
{
    Console.WriteLine("open");
    Console.In.ReadToEnd();
    return;
}

while (true)
{
    var next = (snapshot.Revision + 1).ToString(CultureInfo.InvariantCulture);
    var desired = new ClusterSpec
    {
        Name = "r" + next,
        Models = [.. Enumerable.Range(0, 200).Select(i => new ModelSpec { Name = $"m{i}", CurrentVersion = next })],
    };
    snapshot = await registry.TryWriteDesiredAsync(snapshot.Revision, desired, CancellationToken.None) ?? throw new InvalidOperationException("Somebody else writes.");
    await registry.WriteObservedAsync(new ObservedState { Models = new Dictionary<string, ModelObservation> { ["m"] = new() { ServingVersion = next } } }, CancellationToken.None);
    Console.WriteLine(next);
}
