using Microsoft.Extensions.Logging;
using Orchestrator.Control.Probing;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Replicas;

/// <summary>
/// The one task of one replica: start (unless adopted), probe, warm up, then ask from time to time whether it is still well. It changes nothing itself, it tells the
/// reconciler's loop. Ends when cancelled or when it told a failure.
/// </summary>
internal sealed partial class ReplicaRun(ContainerLaunch launch, ContainerInfo? adopted, ReplicaRunContext context)
    : IAsyncDisposable
{
    private const int LogTail = 20;
    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _cancellation = new();
    private long? _startedAt;

    /// <summary>Set as soon as a container exists, also when nobody listens to messages any more: whoever stops the replica needs it.</summary>
    public ContainerInfo? Container { get; private set; } = adopted;

    /// <summary>Never faults.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    private ReplicaId Id => launch.Replica;

    public void Begin() => Completion = RunAsync(_cancellation.Token);

    /// <summary>Cancels it and waits for its end. Only once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cancellation.CancelAsync();
        await Completion;
        _cancellation.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LiveAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever cancelled knows why and stops the container.
        }
        catch (ContainerStartException exception)
        {
            context.Tell(new ReplicaMessage.Failed(Id, exception.Message, []));
        }
        catch (Exception exception)
        {
            // Nothing may end in silence here: the replica would stay in its phase for ever.
            Log.RunBroke(context.Logger, Id.ToString(), exception);
            await FailAsync($"unexpected {exception.GetType().Name}: {exception.Message}", CancellationToken.None);
        }
    }

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        Container ??= await PrepareAndStartAsync(cancellationToken);
        var began = _startedAt ?? context.Time.GetTimestamp();
        context.Tell(new ReplicaMessage.Started(Id, Container));
        using var session = context.Prober.Open(Container.Address);
        var probe = await session.ProbeAsync(Id.ModelVersion, Left(began), cancellationToken);
        if (probe.Contract is not { } contract)
        {
            await FailAsync(probe.Failure ?? "the probe gave no reason", cancellationToken);
            return;
        }

        context.Tell(new ReplicaMessage.Probed(Id, contract));
        var warmUp = await session.WarmUpAsync(Id.ModelVersion, contract, launch.Spec.Batching, Left(began), cancellationToken);
        if (warmUp.Failure is { } failure)
        {
            await FailAsync(failure, cancellationToken);
            return;
        }

        context.Tell(new ReplicaMessage.WarmedUp(Id, warmUp));
        await WatchHealthAsync(session, cancellationToken);
    }

    // Neither an image that is being fetched nor a runtime that is away is the model's fault: both only take time, and count neither as failures nor against its own.
    private async Task<ContainerInfo> PrepareAndStartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await context.Runtime.PrepareAsync(launch, new Progress(this), cancellationToken);
                return await StartAsync(cancellationToken);
            }
            catch (RuntimeUnavailableException exception)
            {
                context.Tell(new ReplicaMessage.Waiting(Id, exception.Message, IsRuntimeAway: true));
                await Task.Delay(context.Options.UnavailableRetry, context.Time, cancellationToken);
            }
        }
    }

    private async Task<ContainerInfo> StartAsync(CancellationToken cancellationToken)
    {
        _startedAt = context.Time.GetTimestamp();
        using var late = new CancellationTokenSource(launch.Spec.StartupTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await context.Runtime.StartAsync(launch, either.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Should it run in the end, the next list shows it as belonging to nobody.
            throw new ContainerStartException(
                $"runtime {context.Runtime.Name} did not start the container within startupTimeout ({Durations.Describe(launch.Spec.StartupTimeout)})", exception);
        }
    }

    private void Tell(string waitsFor) => context.Tell(new ReplicaMessage.Waiting(Id, waitsFor));

    private TimeSpan Left(long began)
    {
        var left = launch.Spec.StartupTimeout - context.Time.GetElapsedTime(began);
        return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private async Task WatchHealthAsync(IProbeSession session, CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            await Task.Delay(context.Options.HealthInterval, context.Time, cancellationToken);
            var answer = await session.CheckAsync(cancellationToken);
            failures = answer is null ? 0 : failures + 1;
            if (failures >= context.Options.HealthFailures)
            {
                // The loop may know better (it still answers batches): go on asking until it cancels.
                context.Tell(new ReplicaMessage.Unhealthy(Id, $"{failures} health checks in a row failed, the last: {answer}"));
                failures = 0;
            }
        }
    }

    private async Task FailAsync(string reason, CancellationToken cancellationToken) =>
        context.Tell(new ReplicaMessage.Failed(Id, reason, await ReadTailAsync(cancellationToken)));

    private async Task<IReadOnlyList<string>> ReadTailAsync(CancellationToken cancellationToken)
    {
        if (Container is not { } container)
        {
            return [];
        }

        var lines = new List<string>();
        using var timeout = new CancellationTokenSource(LogTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await foreach (var line in context.Runtime.ReadLogAsync(container.ContainerId, LogTail, follow: false, either.Token))
            {
                lines.Add(line);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The log only explains; without it the failure must still be told.
            Log.NoLog(context.Logger, Id.ToString(), exception);
        }

        return lines;
    }

    /// <summary>On the caller's thread and in order, unlike the framework's own.</summary>
    private sealed class Progress(ReplicaRun run) : IProgress<string>
    {
        public void Report(string value) => run.Tell(value);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3101, EventName = "ReplicaRunBroke", Level = LogLevel.Error, Message = "The task of replica {Replica} ended unexpectedly")]
        public static partial void RunBroke(ILogger logger, string replica, Exception exception);

        [LoggerMessage(EventId = 3102, EventName = "ReplicaLogUnreadable", Level = LogLevel.Warning, Message = "The log of failed replica {Replica} cannot be read")]
        public static partial void NoLog(ILogger logger, string replica, Exception exception);
    }
}

/// <summary>What the tasks of all replicas share.</summary>
/// <param name="Runtime">Starts and stops containers.</param>
/// <param name="Prober">Asks them.</param>
/// <param name="Options">Intervals and limits.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">For what is no event.</param>
/// <param name="Tell">Hands a message to the reconciler's loop; never blocks, never throws.</param>
internal sealed record ReplicaRunContext(
    IContainerRuntime Runtime, IReplicaProber Prober, ControlOptions Options, TimeProvider Time, ILogger Logger, Action<ReplicaMessage> Tell);
