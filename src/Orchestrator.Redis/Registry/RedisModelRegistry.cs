using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Connecting;

namespace Orchestrator.Redis.Registry;

/// <summary>
/// The registry in Redis. One control plane at a time holds the lease (<see cref="ControlLeaseLoop"/>) and alone may write, so what it has in memory is the truth and reading costs
/// nothing; every write is fenced by the lease's token. While Redis is away what was last read holds and only changes are refused. Thread-safe.
/// </summary>
/// <remarks>
/// A Redis that comes back without the registry, or with an older state of it, is filled from memory or from the copy on this machine's disk, under a new id. A registry with
/// another id was begun or restored by somebody else: it is believed.
/// </remarks>
internal sealed partial class RedisModelRegistry(RegistryCalls calls, RegistryCopy copy, RedisRegistryOptions options, TimeProvider time, ILogger<RedisModelRegistry> logger) : IModelRegistry, IDisposable
{
    private readonly SemaphoreSlim _working = new(1, 1);
    private readonly ChangeSignal _changed = new();
    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoredRegistry? _known;
    private string? _token;
    private string? _standby;
    private bool _observedPending;

    /// <summary>Why nothing may be read or written here; null: this control plane holds the lease, or did when Redis was last reached.</summary>
    public string? Obstacle => Volatile.Read(ref _token) is null ? Volatile.Read(ref _standby) ?? "the registry in Redis was not read yet" : null;

    /// <summary>What every write is fenced by; null: this process is not the control plane.</summary>
    public string? LeaseToken => Volatile.Read(ref _token);

    /// <inheritdoc/>
    public async ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        // At the start the connection takes a moment; whoever asks then need not be refused.
        if (!_decided.Task.IsCompleted)
        {
            await Task.WhenAny(_decided.Task, Task.Delay(options.Lease, time, cancellationToken));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Obstacle is { } obstacle ? throw new RegistryException(obstacle) : Volatile.Read(ref _known)!.Snapshot;
    }

    /// <inheritdoc/>
    public async ValueTask<RegistrySnapshot?> TryWriteDesiredAsync(long expectedRevision, ClusterSpec desired, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(desired);
        await ReadAsync(cancellationToken);
        await _working.WaitAsync(cancellationToken);
        try
        {
            var known = _known!;
            if (known.Snapshot.Revision != expectedRevision)
            {
                return null;
            }

            if ((await calls.WriteDesiredAsync(Token, known, desired)).Id is not { } id)
            {
                await LookAsync();
                return null;
            }

            Keep(new StoredRegistry(id, known.Snapshot with { Revision = expectedRevision + 1, Desired = desired }));
            return _known!.Snapshot;
        }
        finally
        {
            _working.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Redis away: it is on this machine's disk when this returns, and in Redis as soon as that is back.</remarks>
    public async ValueTask WriteObservedAsync(ObservedState observed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observed);
        await ReadAsync(cancellationToken);
        await _working.WaitAsync(cancellationToken);
        try
        {
            Keep(_known! with { Snapshot = _known!.Snapshot with { Observed = observed } });
            _observedPending = true;
            await FlushAsync();
        }
        catch (RegistryException e)
        {
            if (Volatile.Read(ref _token) is null)
            {
                throw;
            }

            Log.Later(logger, e.Message);
        }
        finally
        {
            _working.Release();
        }
    }

    /// <inheritdoc/>
    public async Task WaitForChangeAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the read: a change between the two completes this task.
            var next = _changed.NextAsync();
            if (Volatile.Read(ref _known) is { } known && known.Snapshot.Revision > revision && Obstacle is null)
            {
                return;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes or renews the lease, and looks whether the truth is what is known of it. A control plane that stands by keeps its copy so.</summary>
    /// <param name="holder">Who asks.</param>
    /// <param name="cancellationToken">Ends the wait for a write under way.</param>
    /// <returns>Who took over, if this control plane had the lease and another has it now: this one must end. Else null.</returns>
    /// <exception cref="RegistryException">Redis cannot be asked.</exception>
    public async Task<string?> RenewAsync(string holder, CancellationToken cancellationToken)
    {
        await _working.WaitAsync(cancellationToken);
        try
        {
            _known ??= copy.Load() ?? await ImportAsync(cancellationToken);
            var reply = await calls.LeaseAsync(holder, options.Lease, _token);
            if (reply.Token is not { } token)
            {
                return await StandByAsync(reply.Other!);
            }

            var isNew = _token is null;
            if (isNew || reply.Id != _known.Id || reply.Revision != _known.Snapshot.Revision)
            {
                await LookAsync(token);
            }

            if (isNew)
            {
                Log.Held(logger, _known.Snapshot.Revision);
            }

            Volatile.Write(ref _token, token);
            await FlushAsync();
            _decided.TrySetResult();
            _changed.Notify();
            return null;
        }
        finally
        {
            _working.Release();
        }
    }

    /// <summary>Redis could not be asked: said to whoever reads, if nothing was read before.</summary>
    public void NoteUnreached(string problem) => Volatile.Write(ref _standby, problem);

    public void Dispose() => _working.Dispose();

    private string Token => Volatile.Read(ref _token) ?? throw new RegistryException(Obstacle!);

    private async Task<string?> StandByAsync(string other)
    {
        var had = Interlocked.Exchange(ref _token, null) is not null;
        var standby = $"another control plane ({other}) holds the registry in Redis; this one stands by and takes over when that one is gone";
        if (Interlocked.Exchange(ref _standby, standby) != standby)
        {
            Log.StandsBy(logger, standby);
        }

        if (!had && await calls.ReadAsync() is { Id.Length: > 0 } there && !Same(there, _known!))
        {
            Keep(there);
        }

        _decided.TrySetResult();
        return had ? other : null;
    }

    private static bool Same(StoredRegistry a, StoredRegistry b) => a.Id == b.Id && a.Snapshot.Revision == b.Snapshot.Revision
        && a.Snapshot.Observed.Models.Count == b.Snapshot.Observed.Models.Count && a.Snapshot.Observed.Models.All(m => m.Value == b.Snapshot.Observed.Models.GetValueOrDefault(m.Key));

    private Task LookAsync() => LookAsync(Token);

    /// <summary>Reads the truth. If it lost what is known here, it gets it back.</summary>
    private async Task LookAsync(string token)
    {
        var there = await calls.ReadAsync();
        var known = _known!;
        var lost = there.Id.Length == 0 ? known.Id.Length > 0 : there.Id == known.Id && there.Snapshot.Revision < known.Snapshot.Revision;
        if (!lost)
        {
            if (there != known)
            {
                Keep(there);
            }

            return;
        }

        if ((await calls.RestoreAsync(token, there, known)).Id is { } id)
        {
            Log.Restored(logger, there.Id.Length == 0 ? "no registry" : $"the registry at revision {there.Snapshot.Revision}", known.Snapshot.Revision);
            Keep(known with { Id = id });
        }
    }

    private async Task FlushAsync()
    {
        for (var attempt = 0; _observedPending && attempt < 2; attempt++)
        {
            var observed = _known!.Snapshot.Observed;
            if ((await calls.WriteObservedAsync(Token, _known, observed)).Id is { } id)
            {
                Keep(_known with { Id = id });
                _observedPending = false;
                return;
            }

            await LookAsync();
            Keep(_known with { Snapshot = _known.Snapshot with { Observed = observed } });
        }
    }

    // The disk first: what a reader of memory acts on must survive the end of both Redis and this process.
    private void Keep(StoredRegistry registry)
    {
        if (registry.Id.Length > 0)
        {
            copy.Save(registry);
        }

        Volatile.Write(ref _known, registry);
        _changed.Notify();
    }

    private async Task<StoredRegistry> ImportAsync(CancellationToken cancellationToken) =>
        options.Import is { } import && await import(cancellationToken) is { Revision: > 0 } imported ? new StoredRegistry("import", imported) : StoredRegistry.None;

    private static partial class Log
    {
        [LoggerMessage(EventId = 7101, EventName = "RegistryHeld", Level = LogLevel.Information, Message = "This control plane holds the registry in Redis, revision {Revision}")]
        public static partial void Held(ILogger logger, long revision);

        [LoggerMessage(EventId = 7102, EventName = "StandsBy", Level = LogLevel.Warning, Message = "{Standby}")]
        public static partial void StandsBy(ILogger logger, string standby);

        [LoggerMessage(EventId = 7103, EventName = "RegistryRestored", Level = LogLevel.Warning, Message = "Redis had {There}; it was given revision {Revision}, as this control plane knows it")]
        public static partial void Restored(ILogger logger, string there, long revision);

        [LoggerMessage(EventId = 7104, EventName = "ObservedLater", Level = LogLevel.Warning, Message = "What was reached is on this machine's disk and goes to Redis later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}
