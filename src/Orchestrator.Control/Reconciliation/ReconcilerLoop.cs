using Microsoft.Extensions.Logging;
using Orchestrator.Control.Replicas;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Drives the reconciler: owns its one background task and the watchers that wake it. Survives a pass that throws, and says so.</summary>
internal sealed partial class ReconcilerLoop(Reconciler reconciler, ReplicaInbox inbox, ControlPorts ports, ControlOptions options, TimeProvider time, ILogger<ReconcilerLoop> logger)
    : IAsyncDisposable
{
    private const string PassSource = "reconciler";

    /// <summary>A pass only waits for the registry and for frontends to be told; one that takes longer hangs.</summary>
    private static readonly TimeSpan PassTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Wait after a pass or a watch that failed.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Reports come with every change in every frontend; at most one pass for all of them in this time.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private Task _tasks = Task.CompletedTask;
    private volatile bool _passFails;
    private long _passedAt = time.GetTimestamp();

    /// <summary>False: passes fail, or hang, or the loop ended though nobody stopped it.</summary>
    public bool IsHealthy =>
        !_passFails
        && (_stopping.IsCancellationRequested || (!_tasks.IsCompleted && time.GetElapsedTime(Volatile.Read(ref _passedAt)) < options.ResyncInterval + PassTimeout));

    public void Start()
    {
        Volatile.Write(ref _passedAt, time.GetTimestamp());
        var token = _stopping.Token;
        // The watch on exits begins before the first list, so that no end falls between the two.
        var exits = WatchAsync("exits", WatchExitsAsync, token);
        _tasks = Task.WhenAll(exits, WatchAsync("registry watch", WatchRegistryAsync, token), WatchAsync("reports", WatchReportsAsync, token), RunAsync(token));
    }

    /// <summary>Ends the loop, then every container, as far as <paramref name="cancellationToken"/> lets it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _tasks.WaitAsync(cancellationToken);
        await reconciler.StopAllAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _tasks;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Whoever starts the host must not wait for the first pass.
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            var wait = await PassAsync(cancellationToken);
            await WaitAsync(wait, cancellationToken);
        }
    }

    private async Task<TimeSpan> PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            var wait = await reconciler.RunOnceAsync(cancellationToken);
            _passFails = false;
            Volatile.Write(ref _passedAt, time.GetTimestamp());
            reconciler.Problems.Clear(PassSource);
            return wait;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            Log.PassFailed(logger, exception);
            _passFails = true;
            reconciler.Problems.Set(PassSource, $"the reconciler fails ({exception.GetType().Name}: {exception.Message}); it tries again, see the log");
            return RetryDelay;
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_passFails)
        {
            // Messages must not turn a failing pass into a busy loop.
            await DelayAsync(wait, cancellationToken);
            return;
        }

        using var due = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, due.Token);
        try
        {
            await inbox.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Time for the next pass, or to end.
        }
    }

    private async Task DelayAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(wait, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller's loop sees the token.
        }
    }

    private async Task WatchAsync(string source, Func<CancellationToken, Task> watch, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await watch(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Without this watch the loop still sees everything at its next resync.
                if (reconciler.Problems.Set(source, $"watching {source} failed ({exception.Message}); changes are seen at the next resync"))
                {
                    // A registry that is away says why in its message; of anything else the trace is wanted.
                    Log.WatchFailed(logger, source, exception.Message, exception is RegistryException ? null : exception);
                }

                await DelayAsync(RetryDelay, cancellationToken);
            }
        }
    }

    private async Task WatchExitsAsync(CancellationToken cancellationToken)
    {
        await foreach (var exit in ports.Runtime.WatchExitsAsync(cancellationToken))
        {
            reconciler.Problems.Clear("exits");
            inbox.Tell(new ReplicaMessage.Exited(exit));
        }

        // By contract it only ends when cancelled.
        cancellationToken.ThrowIfCancellationRequested();
        throw new InvalidOperationException($"runtime {ports.Runtime.Name} ended its watch on exits");
    }

    private async Task WatchRegistryAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var revision = (await ports.Registry.ReadAsync(cancellationToken)).Revision;
            inbox.Tell(ReplicaMessage.Wake.Instance);
            reconciler.Problems.Clear("registry watch");
            await ports.Registry.WaitForChangeAsync(revision, cancellationToken);
        }
    }

    private async Task WatchReportsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ports.Reports.WaitForReportAsync(cancellationToken);
            inbox.Tell(ReplicaMessage.Wake.Instance);
            reconciler.Problems.Clear("reports");
            await Task.Delay(ReportInterval, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3201, EventName = "PassFailed", Level = LogLevel.Error, Message = "A pass of the reconciler failed; it tries again")]
        public static partial void PassFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3202, EventName = "WatchFailed", Level = LogLevel.Error, Message = "Watching {Source} failed ({Reason}); it is tried again, changes are seen at the next resync")]
        public static partial void WatchFailed(ILogger logger, string source, string reason, Exception? exception);
    }
}
