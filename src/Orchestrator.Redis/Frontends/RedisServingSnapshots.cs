using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Json;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis.Frontends;

/// <summary>
/// Carries serving snapshots from the control plane to frontends in other processes. What was announced only wakes; the revision in Redis decides. In a process that may be the
/// control plane it also sees to it that a Redis that came back empty has the newest snapshot again.
/// </summary>
internal sealed partial class RedisServingSnapshots(StateConnection state, Func<string?>? token, TimeProvider time, ILogger<RedisServingSnapshots> logger) : BackgroundService, IServingSnapshots
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly RedisKey[] _keys = [state.Key("registry"), state.Key("serving"), state.Key("frontends")];
    private readonly ChangeSignal _changed = new();
    private readonly ChangeSignal _due = new();
    private ServingSnapshot _current = ServingSnapshot.Empty;
    private ServingSnapshot? _published;
    private bool _hasLooked;

    /// <inheritdoc/>
    public ServingSnapshot Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    /// <exception cref="RegistryException">Redis cannot be asked.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (!_hasLooked)
        {
            await LookAsync();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RegistryException">Redis cannot be asked, or this is not the control plane.</exception>
    public async ValueTask PublishAsync(ServingSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!_hasLooked)
        {
            // Revisions continue from what frontends already have.
            await LookAsync();
            if (snapshot.Revision <= Current.Revision)
            {
                throw new RegistryException($"serving revision {Current.Revision} is in Redis already; the next attempt continues from it");
            }
        }

        await PutAsync(snapshot);
        Volatile.Write(ref _published, snapshot);
        Take(snapshot);
    }

    /// <inheritdoc/>
    public async Task WaitForChangeAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the read: a publication between the two completes this task.
            var next = _changed.NextAsync();
            if (Current.Revision > revision)
            {
                return;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>There is a newer one than <see cref="Current"/>, somebody heard.</summary>
    public void LookSoon() => _due.Notify();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var heard = Task.WhenAny(state.Connection.Heard.NextAsync(), _due.NextAsync());
            try
            {
                await LookAsync();
                await heard.WaitAsync(Period, time, stoppingToken);
            }
            catch (TimeoutException)
            {
                // The regular look is due.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.NotRead(logger, e.Message);
                await Task.Delay(Period, time, CancellationToken.None);
            }
        }
    }

    /// <summary>Takes in what is new in Redis, or gives it what it lost.</summary>
    internal async Task LookAsync()
    {
        var revision = Revision((await state.EvaluateAsync(FrontendScripts.ReadRevision, _keys))[0]);
        if (Volatile.Read(ref _published) is { } published && published.Revision > revision && token?.Invoke() is not null)
        {
            await PutAsync(published);
            Log.Restored(logger, published.Revision);
            return;
        }

        if (revision > Current.Revision)
        {
            var reply = await state.EvaluateAsync(FrontendScripts.Read, _keys);
            if (reply is [_, { } json])
            {
                Take(JsonSerializer.Deserialize<ServingSnapshot>(json, LenientCoreJson.Options)!);
            }
        }
        else if (revision == 0 && Current.Revision == 0 && token is not null)
        {
            // Frontends may know a revision that this Redis lost, and only go forward.
            Take(ServingSnapshot.Empty with { Revision = time.GetUtcNow().ToUnixTimeSeconds() });
        }

        _hasLooked = true;
    }

    private async Task PutAsync(ServingSnapshot snapshot)
    {
        var mine = token?.Invoke() ?? throw new RegistryException("this process does not hold the lease of the control plane");
        var reply = await state.EvaluateAsync(
            FrontendScripts.Publish, _keys, mine, snapshot.Revision.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(snapshot, CoreJson.Default.ServingSnapshot), state.Channel);
        if (reply[0] != "written")
        {
            _hasLooked = false;
            throw new RegistryException(reply[0] == "fenced" ? "another control plane has taken over" : $"serving revision {reply[1]} is in Redis already");
        }
    }

    private void Take(ServingSnapshot snapshot)
    {
        ServingSnapshot current;
        do
        {
            current = Current;
            if (snapshot.Revision <= current.Revision)
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _current, snapshot, current) != current);
        _changed.Notify();
    }

    private static long Revision(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    private static partial class Log
    {
        [LoggerMessage(EventId = 7201, EventName = "SnapshotNotRead", Level = LogLevel.Debug, Message = "The serving snapshot in Redis could not be looked at: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);

        [LoggerMessage(EventId = 7202, EventName = "SnapshotRestored", Level = LogLevel.Warning, Message = "Redis had no newest serving snapshot; it was given revision {Revision} again")]
        public static partial void Restored(ILogger logger, long revision);
    }
}
