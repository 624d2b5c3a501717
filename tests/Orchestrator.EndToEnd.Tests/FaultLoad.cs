using Orchestrator.Load;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>
/// Load before, during and after a fault. Always: no wrong answer, no connection error but while the orchestrator itself is down, and at least 99 % model answers outside the
/// time from the fault until everything is as wanted again and a moment after.
/// </summary>
internal static class FaultLoad
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    /// <param name="cluster">Serves the digits.</param>
    /// <param name="output">Told what happened.</param>
    /// <param name="fault">Makes the fault, and ends once everything is as wanted again.</param>
    /// <param name="mayRefuseConnections">The orchestrator itself is down meanwhile.</param>
    /// <param name="outageCounts">The share holds in the fault, too.</param>
    public static async Task RunAsync(Cluster cluster, ITestOutputHelper output, Func<Task> fault, bool mayRefuseConnections = false, bool outageCounts = false)
    {
        using var stop = new CancellationTokenSource();
        var load = LoadRunner.RunAsync(DigitsLoad.Plan(cluster, TimeSpan.FromMinutes(5)), DigitsLoad.IsRight, null, stop.Token);
        await Task.Delay(Before, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        await fault();
        var over = TimeProvider.System.GetTimestamp();
        await Task.Delay(Moment + After, TimeProvider.System);
        await stop.CancelAsync();
        var result = await load;
        var (from, to) = (result.OffsetOf(TimeProvider.System, began), result.OffsetOf(TimeProvider.System, over) + Moment);
        var outside = result.Outside(from, to);
        output.WriteLine($"as wanted again after {TimeProvider.System.GetElapsedTime(began, over).TotalSeconds:0.0} s");
        output.WriteLine($"all: {result}");
        output.WriteLine($"from the fault until a moment after: {result.Between(from, to)}");
        output.WriteLine($"outside: {outside}");
        result.Counts.Wrong.ShouldBe(0);
        if (!mayRefuseConnections)
        {
            result.Counts.ConnectionErrors.ShouldBe(0, string.Join('\n', result.Problems));
        }

        var held = outageCounts ? result.Counts : outside;
        ((double)held.Model / held.Total).ShouldBeGreaterThanOrEqualTo(0.99, held.ToString());
    }
}
