using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Json;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis.Frontends;

/// <summary>Reports of frontends in other processes. A report renews the frontend's lease; who does not report for two leases is gone.</summary>
/// <remarks>
/// No clock is compared with another's. The frontend counts from before it sent a report; the control plane counts from when it saw the report change, which is later. A lease that ran
/// out is held again only when the frontend serves the very revision that Redis has in the moment it registers: until then a swap may be complete without it.
/// </remarks>
internal sealed partial class RedisFrontendReports(StateConnection state, RedisServingSnapshots snapshots, TimeProvider time, ILogger<RedisFrontendReports> logger) : IFrontendReports, IServingLease
{
    private const string Left = "left";

    /// <summary>Nothing announces reports: every second each frontend makes one, and a swap takes longer than this.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(250);

    private readonly RedisKey[] _keys = [state.Key("registry"), state.Key("serving"), state.Key("frontends")];
    private readonly Dictionary<string, Seen> _seen = [];
    private readonly string _run = Guid.NewGuid().ToString("N");
    private long _heldUntil = long.MinValue;
    private long _sequence;
    private long? _readSince;
    private bool _isAway;
    private bool _couldReport = true;
    private bool _hasLeft;
    private string? _id;

    /// <inheritdoc/>
    public bool IsHeld => time.GetTimestamp() < Volatile.Read(ref _heldUntil);

    /// <inheritdoc/>
    public bool? IsComplete { get; private set; } = false;

    /// <inheritdoc/>
    /// <remarks>Never throws for what Redis can do: a report that is not made is a lease that is not renewed.</remarks>
    public async ValueTask ReportAsync(FrontendReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (Volatile.Read(ref _hasLeft))
        {
            return;
        }

        _id = report.FrontendId;
        var began = time.GetTimestamp();
        try
        {
            // A text that never repeats: that it changed is the sign of life.
            var text = string.Create(CultureInfo.InvariantCulture, $"{_run} {++_sequence}\n{JsonSerializer.Serialize(report, CoreJson.Default.FrontendReport)}");
            var reply = await state.EvaluateAsync(FrontendScripts.Report, _keys, report.FrontendId, text);
            if (Volatile.Read(ref _hasLeft))
            {
                // This report may have come to Redis after the word that it left. If it is not seen here, that word is sent after this reply.
                await SayLeftAsync(report.FrontendId);
                return;
            }

            var revision = long.Parse(reply[0]!, CultureInfo.InvariantCulture);
            var isUnbroken = began < Volatile.Read(ref _heldUntil);
            if (isUnbroken || (revision > 0 && report.AcknowledgedRevision == revision))
            {
                Volatile.Write(ref _heldUntil, began + (long)(FrontendLeaseOptions.Lease.TotalSeconds * time.TimestampFrequency));
            }

            if (revision > snapshots.Current.Revision)
            {
                snapshots.LookSoon();
            }

            Tell(null);
        }
        catch (RegistryException e)
        {
            Tell(e.Message);
        }
    }

    /// <summary>This frontend has answered its last request: nobody need wait for it.</summary>
    public async Task LeaveAsync()
    {
        Volatile.Write(ref _hasLeft, true);
        if (_id is { } id)
        {
            Volatile.Write(ref _heldUntil, long.MinValue);
            await SayLeftAsync(id);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrontendReport>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TakeAsync(await state.EvaluateAsync(FrontendScripts.ReadReports, _keys));
            IsComplete = time.GetElapsedTime(_readSince!.Value) >= FrontendLeaseOptions.Expiry;
        }
        catch (RegistryException)
        {
            // Whoever was there may be there still, and see what this process does not.
            _isAway = true;
            IsComplete = false;
        }

        return [.. _seen.Values.Select(s => s.Report)];
    }

    /// <inheritdoc/>
    public Task WaitForReportAsync(CancellationToken cancellationToken) => Task.Delay(LookPeriod, time, cancellationToken);

    // Once when it begins and once when it ends.
    private void Tell(string? problem)
    {
        if (problem is null && !_couldReport)
        {
            _couldReport = true;
            Log.ReportedAgain(logger);
        }
        else if (problem is not null && _couldReport && !state.Connection.IsUntried)
        {
            _couldReport = false;
            Log.NotReported(logger, problem);
        }
    }

    private async Task SayLeftAsync(string id)
    {
        try
        {
            await state.EvaluateAsync(FrontendScripts.Report, _keys, id, Left);
        }
        catch (RegistryException)
        {
            // Its lease runs out.
        }
    }

    private async Task TakeAsync(string?[] fields)
    {
        var now = time.GetTimestamp();
        _readSince ??= now;
        if (_isAway)
        {
            _isAway = false;
            foreach (var seen in _seen.Values)
            {
                seen.At = now;
            }
        }

        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            var (id, text) = (fields[i]!, fields[i + 1]!);
            if (text == Left)
            {
                _seen.Remove(id);
                await state.EvaluateAsync(FrontendScripts.Forget, _keys, id, text);
            }
            else if (!_seen.TryGetValue(id, out var known) || known.Text != text)
            {
                _seen[id] = new Seen(text, Parse(id, text), now);
            }
        }

        foreach (var (id, seen) in _seen.Where(s => time.GetElapsedTime(s.Value.At, now) >= FrontendLeaseOptions.Expiry).ToList())
        {
            Log.Gone(logger, id, FrontendLeaseOptions.Expiry);
            _seen.Remove(id);
            await state.EvaluateAsync(FrontendScripts.Forget, _keys, id, seen.Text);
        }
    }

    // One that cannot be read may use any revision.
    private FrontendReport Parse(string id, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<FrontendReport>(text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..], LenientCoreJson.Options)!;
        }
        catch (JsonException e)
        {
            Log.Unreadable(logger, id, e.Message);
            return new FrontendReport { FrontendId = id, AcknowledgedRevision = 0 };
        }
    }

    private sealed class Seen(string text, FrontendReport report, long at)
    {
        public string Text => text;

        public FrontendReport Report => report;

        public long At { get; set; } = at;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 7211, EventName = "NotReported", Level = LogLevel.Warning, Message = "The frontend's lease is not renewed ({Reason}); when it runs out, only replicas that confirm their version answer, and nothing comes from a cache")]
        public static partial void NotReported(ILogger logger, string reason);

        [LoggerMessage(EventId = 7214, EventName = "ReportedAgain", Level = LogLevel.Information, Message = "The frontend reports to its control plane again")]
        public static partial void ReportedAgain(ILogger logger);

        [LoggerMessage(EventId = 7212, EventName = "FrontendGone", Level = LogLevel.Warning, Message = "Frontend {Id} did not report for {Expiry}; nobody waits for it any more")]
        public static partial void Gone(ILogger logger, string id, TimeSpan expiry);

        [LoggerMessage(EventId = 7213, EventName = "ReportUnreadable", Level = LogLevel.Error, Message = "The report of frontend {Id} cannot be read: {Reason}")]
        public static partial void Unreadable(ILogger logger, string id, string reason);
    }
}
