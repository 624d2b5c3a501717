using Orchestrator.Core;
using Orchestrator.Processes.Launching;

namespace Orchestrator.Processes.Lifetime;

/// <summary>Kills processes together with everything they started, and says when all of it is gone.</summary>
internal sealed class ProcessEnder(RunIdentity run, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(20);

    /// <summary>What a replica left: its session, and whoever carries its name in another one.</summary>
    /// <returns>Processes that are still there because the kernel does not let go of them (stuck in a device); normally none.</returns>
    public Task<IReadOnlyList<int>> EndReplicaAsync(int session, ReplicaId replica) => EndAsync(() =>
        [.. ProcessTable.FindBySession(session)
            .Union(ProcessTable.FindByEnvironment((ContainerVariables.RunId, run.RunId), (ContainerVariables.Replica, replica.ToString())))]);

    /// <summary>Everything that this run started.</summary>
    public Task<IReadOnlyList<int>> EndRunAsync() => EndAsync(() => ProcessTable.FindByEnvironment((ContainerVariables.RunId, run.RunId)));

    /// <summary>Everything that former runs on the same folder left.</summary>
    /// <returns>How many were found.</returns>
    public async Task<int> EndLeftoversAsync()
    {
        var found = new HashSet<int>();
        await EndAsync(() =>
        {
            var left = ProcessTable.FindByEnvironment((ContainerVariables.State, run.StateId));
            left.RemoveAll(ProcessTable.FindByEnvironment((ContainerVariables.RunId, run.RunId)).Contains);
            found.UnionWith(left);
            return left;
        });
        return found.Count;
    }

    // A process may start another between the look and the kill: looks again until none is left.
    private async Task<IReadOnlyList<int>> EndAsync(Func<List<int>> find)
    {
        var began = time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var left = find();
            if (left.Count == 0 || time.GetElapsedTime(began) > GiveUp)
            {
                return left;
            }

            foreach (var pid in left)
            {
                Native.Signal(pid, Native.Sigkill);
            }

            await Task.Delay(pause, time);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
