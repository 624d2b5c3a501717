using System.Globalization;
using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis.Registry;

/// <summary>The registry's commands; each ends within its time, with an answer or a <see cref="RegistryException"/>.</summary>
internal sealed class RegistryCalls(StateConnection state, RedisOptions options, TimeProvider time)
{
    public const string Format = "1";

    private readonly RedisKey[] _keys = [state.Key("registry"), state.Key("lease")];

    public async Task<LeaseReply> LeaseAsync(string holder, TimeSpan life, string? token)
    {
        var least = time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var reply = await EvaluateAsync(RegistryScripts.Lease, holder, Text((long)life.TotalMilliseconds), token ?? "", least);
        return reply[0] == "held" ? new LeaseReply(reply[1], null, reply[2]!, Revision(reply[3])) : new LeaseReply(null, reply[1], "", 0);
    }

    public Task ReleaseAsync(string holder) => EvaluateAsync(RegistryScripts.Release, holder);

    public async Task<StoredRegistry> ReadAsync()
    {
        var reply = await EvaluateAsync(RegistryScripts.Read);
        if (reply[0] is not (null or Format))
        {
            throw new RegistryException($"{options}: the registry there has format {reply[0]} and this program reads {Format}; start the newer orchestrator that wrote it, or use another --redis-prefix");
        }

        try
        {
            return reply[1] is not { } id
                ? StoredRegistry.None
                : new StoredRegistry(id, new RegistrySnapshot(Revision(reply[2]), Parse<ClusterSpec>(reply[3]) ?? ClusterSpec.Empty, Parse<ObservedState>(reply[4]) ?? ObservedState.Empty));
        }
        catch (JsonException e)
        {
            throw new RegistryException($"{options}: what stands under {_keys[0]} is no registry: {e.Message} Restore it from a backup, or remove that key to have it filled from the copy in the state folder", e);
        }
    }

    public Task<WriteReply> WriteDesiredAsync(string token, StoredRegistry known, ClusterSpec desired) => WriteAsync(
        RegistryScripts.WriteDesired, token, known.Id, Text(known.Snapshot.Revision), JsonSerializer.Serialize(desired, CoreJson.Default.ClusterSpec), StoredRegistry.NewId(), state.Channel);

    public Task<WriteReply> WriteObservedAsync(string token, StoredRegistry known, ObservedState observed) => WriteAsync(
        RegistryScripts.WriteObserved, token, known.Id, JsonSerializer.Serialize(observed, CoreJson.Default.ObservedState), StoredRegistry.NewId());

    /// <summary>Puts <paramref name="known"/> in the place of <paramref name="there"/>, under a new id.</summary>
    public Task<WriteReply> RestoreAsync(string token, StoredRegistry there, StoredRegistry known) => WriteAsync(
        RegistryScripts.Restore, token, there.Id, Text(there.Snapshot.Revision), StoredRegistry.NewId(), Text(known.Snapshot.Revision),
        JsonSerializer.Serialize(known.Snapshot.Desired, CoreJson.Default.ClusterSpec), JsonSerializer.Serialize(known.Snapshot.Observed, CoreJson.Default.ObservedState), state.Channel);

    private async Task<WriteReply> WriteAsync(string script, params string[] arguments)
    {
        var reply = await EvaluateAsync(script, arguments);
        return reply[0] switch
        {
            "written" => new WriteReply(reply[1]),
            "moved" => new WriteReply(null),
            _ => throw new RegistryException($"{options}: another control plane has taken over; nothing is written by this one"),
        };
    }

    private Task<string?[]> EvaluateAsync(string script, params string[] arguments) => state.EvaluateAsync(script, _keys, arguments);

    private static T? Parse<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, LenientCoreJson.Options);

    private static long Revision(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A registry as it stands in Redis.</summary>
/// <param name="Id">Made when it was first written or restored; empty: there is none.</param>
/// <param name="Snapshot">What it says.</param>
internal sealed record StoredRegistry(string Id, RegistrySnapshot Snapshot)
{
    public static StoredRegistry None { get; } = new("", RegistrySnapshot.Empty);

    public static string NewId() => Guid.NewGuid().ToString("N");
}

/// <summary>How a question for the lease ended.</summary>
/// <param name="Token">Ours, if we hold it.</param>
/// <param name="Other">Who holds it, if we do not.</param>
/// <param name="Id">Of the registry that is there; empty: none.</param>
/// <param name="Revision">Its revision.</param>
internal sealed record LeaseReply(string? Token, string? Other, string Id, long Revision);

/// <summary>How a write ended.</summary>
/// <param name="Id">The registry's id after it; null: nothing was written, because what is there is not what it was made from.</param>
internal sealed record WriteReply(string? Id);
