using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Connecting;

namespace Orchestrator.Redis.Registry;

/// <summary>
/// Holds the lease of the one control plane, or waits for it. Losing it to another one ends this process: its containers and frontend are of a state that is over, and whatever
/// supervises it starts it anew, to stand by.
/// </summary>
internal sealed partial class ControlLeaseLoop(
    RedisModelRegistry registry, RedisConnection connection, RegistryCalls calls, RedisRegistryOptions options, TimeProvider time, ILogger<ControlLeaseLoop> logger) : BackgroundService, IControlLease
{
    private const int RenewalsPerLease = 5;

    private readonly string _holder = $"{options.Name}, {Guid.NewGuid():N}";
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _problem;
    private string? _told;
    private bool _hasStoodBy;
    private long? _deferredAt;

    public Task<string> Lost => _lost.Task;

    public string? Problem => connection.Problem ?? Volatile.Read(ref _problem);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // The next one need not wait for the lease to run out.
            await calls.ReleaseAsync(_holder);
        }
        catch (RegistryException)
        {
            // Then it waits.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var heard = connection.Heard.NextAsync();
            try
            {
                await RunOnceAsync(stoppingToken);
                await heard.WaitAsync(options.Lease / RenewalsPerLease, time, stoppingToken);
            }
            catch (TimeoutException)
            {
                // Nothing was announced: the regular look is due.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Takes or renews the lease.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (_lost.Task.IsCompleted)
        {
            // This process ends: were the lease free again meanwhile, taking it would only keep it from those who can rule.
            return;
        }

        if (_deferredAt is { } at && connection.Link is not null && time.GetElapsedTime(at) < options.Lease)
        {
            return;
        }

        try
        {
            if (await registry.RenewAsync(_holder, cancellationToken) is { } other)
            {
                Log.Lost(logger, other);
                _lost.TrySetResult(other);
            }

            _hasStoodBy = registry.LeaseToken is null;
            _deferredAt = null;
            Volatile.Write(ref _problem, null);
            TellRenewed();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A Redis that comes back without the lease: whoever had it renews first, else its containers would end for nothing.
            _deferredAt = _hasStoodBy ? time.GetTimestamp() : null;
            registry.NoteUnreached(e.Message);
            Volatile.Write(ref _problem, e.Message);
            TellFailed(e.Message);
        }
    }

    // Why Redis is away, and every turn that takes, the connection says itself.
    private void TellFailed(string problem)
    {
        var reason = connection.Problem is null ? problem : "Redis is away";
        if (reason != _told && !connection.IsUntried)
        {
            _told = reason;
            Log.Failed(logger, reason);
        }
    }

    private void TellRenewed()
    {
        if (_told is not null && registry.LeaseToken is not null)
        {
            Log.Renewed(logger);
        }

        _told = null;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 7111, EventName = "LeaseLost", Level = LogLevel.Error, Message = "Another control plane took over: {Other}")]
        public static partial void Lost(ILogger logger, string other);

        [LoggerMessage(EventId = 7112, EventName = "LeaseNotRenewed", Level = LogLevel.Warning, Message = "The lease of the control plane was not renewed: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(EventId = 7113, EventName = "LeaseRenewedAgain", Level = LogLevel.Information, Message = "The lease of the control plane is renewed again; changes are taken")]
        public static partial void Renewed(ILogger logger);
    }
}
