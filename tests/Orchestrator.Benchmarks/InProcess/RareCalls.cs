using Orchestrator.Load;
using Orchestrator.Load.Arrivals;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>Calls made at random moments (Poisson), whether or not the one before has ended; each is timed from its own beginning.</summary>
internal static class RareCalls
{
    private const int Seed = 20_251_129;

    /// <param name="rate">Calls a second, on average.</param>
    /// <param name="warmUp">Time before calls count.</param>
    /// <param name="duration">Time in which they do.</param>
    /// <param name="call">Makes a call, by its index; whether the answer was right.</param>
    /// <returns>Latencies of right answers, and how many of those that count had none.</returns>
    public static async Task<(LatencyHistogram Latency, int Missed)> RunAsync(double rate, TimeSpan warmUp, TimeSpan duration, Func<int, Task<bool>> call)
    {
        var (time, latency, calls) = (TimeProvider.System, new LatencyHistogram(), new List<Task>());
        var missed = 0;
        // A thread of its own, that sleeps more exactly than the pool's timers, and makes the calls itself: they begin where nothing else has to be woken for them.
        var pacer = Task.Factory.StartNew(Pace, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await pacer;
        await Task.WhenAll(calls);
        return (latency, missed);

        void Pace()
        {
            var start = time.GetTimestamp();
            var schedule = new ArrivalSchedule(rate, Seed);
            PreciseSleep.SharpenThisThread();
            for (var due = schedule.Next(); due < warmUp + duration; due = schedule.Next())
            {
                while (due - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
                {
                    PreciseSleep.For(left);
                }

                calls.Add(CallAsync(calls.Count, counts: due >= warmUp));
            }
        }

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
