using Orchestrator.Load.Arrivals;
using Orchestrator.Load.Running;

namespace Orchestrator.Load;

/// <summary>Says whether a model answer (200, not a default) is the answer to the request of that index. Called from several threads at once.</summary>
/// <param name="index">The index that <see cref="LoadPlan.Body"/> was called with.</param>
/// <param name="body">The answer's body, chunks joined; valid during the call only.</param>
public delegate bool AnswerCheck(int index, ReadOnlySpan<byte> body);

/// <summary>Puts load on one HTTP/1.1 endpoint of this machine over plain sockets, with as little work of its own per request as possible.</summary>
public static class LoadRunner
{
    /// <summary>Runs the plan to its end and says what happened. Whatever the server does, it ends within the plan's duration and one request timeout.</summary>
    /// <param name="plan">What to send.</param>
    /// <param name="check">Judges model answers; null: all are right.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="stop">Cancelled: no further request is sent, those in flight are awaited, and the result says so; this throws nothing.</param>
    /// <exception cref="ArgumentException">The plan is wrong, or does not go to this machine.</exception>
    public static async Task<LoadResult> RunAsync(LoadPlan plan, AnswerCheck? check = null, TimeProvider? time = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var endpoint = LoadPlanValidator.Validate(plan);
        time ??= TimeProvider.System;
        var start = time.GetTimestamp();
        var tally = new LoadTally(plan, time, start);
        IArrivals arrivals = plan.Rate is null
            ? new ClosedLoop(time, start + (long)(plan.Duration.TotalSeconds * time.TimestampFrequency), plan.Requests ?? int.MaxValue)
            : new OpenLoop(time, plan, tally, start);
        var sorter = new AnswerSorter(check);
        var connections = Enumerable.Range(0, plan.Connections).Select(_ => new LoadConnection(plan, endpoint, arrivals, tally, sorter, time)).ToArray();
        using (stop.Register(arrivals.Stop))
        {
            await RunAllAsync(connections, arrivals, new OverdueWatch(connections, time, plan.RequestTimeout), plan.Progress is { } tell ? new ProgressWatch(tell, tally, time) : null);
        }

        return tally.Result(stop.IsCancellationRequested);
    }

    private static async Task RunAllAsync(LoadConnection[] connections, IArrivals arrivals, OverdueWatch watch, ProgressWatch? progress)
    {
        using var done = new CancellationTokenSource();
        var watching = Task.WhenAll(watch.RunAsync(done.Token), progress?.RunAsync(done.Token) ?? Task.CompletedTask);
        try
        {
            // Each on the thread pool: a body factory that takes long must not hold up the other connections' start.
            await Task.WhenAll(connections.Select(connection => Task.Run(() => RunOneAsync(connection, arrivals))));
        }
        finally
        {
            await done.CancelAsync();
            await watching;
        }
    }

    private static async Task RunOneAsync(LoadConnection connection, IArrivals arrivals)
    {
        using (connection)
        {
            try
            {
                await connection.RunAsync();
            }
            catch
            {
                // The body factory or the check threw: the caller gets its exception once the other connections have ended too.
                arrivals.Stop();
                throw;
            }
        }
    }
}
