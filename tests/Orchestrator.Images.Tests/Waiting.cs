namespace Orchestrator.Images.Tests;

internal static class Waiting
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks until the answer is that all is well (null), and fails with the last answer otherwise.</summary>
    public static async Task UntilAsync(TimeSpan within, Func<Task<string?>> findObstacle)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (await findObstacle() is { } obstacle)
        {
            TimeProvider.System.GetElapsedTime(begin).ShouldBeLessThan(within, $"still: {obstacle}");
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
