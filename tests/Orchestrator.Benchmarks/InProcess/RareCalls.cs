using Orchestrator.Load;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>Calls made at random moments (Poisson, in whole milliseconds), whether or not the one before has ended; each is timed from its own beginning.</summary>
internal static class RareCalls
{
    /// <param name="rate">Calls a second, on average.</param>
    /// <param name="warmUp">Time before calls count.</param>
    /// <param name="duration">Time in which they do.</param>
    /// <param name="call">Makes a call, by its index; whether the answer was right.</param>
    /// <returns>Latencies of right answers, and how many of those that count had none.</returns>
    public static async Task<(LatencyHistogram Latency, int Missed)> RunAsync(double rate, TimeSpan warmUp, TimeSpan duration, Func<int, Task<bool>> call)
    {
        var (time, latency, calls) = (TimeProvider.System, new LatencyHistogram(), new List<Task>());
        var start = time.GetTimestamp();
        var missed = 0;
        // The moments shape a measurement, they guard nothing.
#pragma warning disable CA5394
        var random = new Random(20_251_129);
        for (var due = TimeSpan.Zero; due < warmUp + duration; due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / rate))
#pragma warning restore CA5394
        {
            if (due - time.GetElapsedTime(start) is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time);
            }

            calls.Add(CallAsync(calls.Count, counts: due >= warmUp));
        }

        await Task.WhenAll(calls);
        return (latency, missed);

        async Task CallAsync(int index, bool counts)
        {
            var began = time.GetTimestamp();
            var isRight = await call(index);
            var took = time.GetElapsedTime(began);
            if (counts && isRight)
            {
                latency.Record(took);
            }
            else if (counts)
            {
                Interlocked.Increment(ref missed);
            }
        }
    }
}
