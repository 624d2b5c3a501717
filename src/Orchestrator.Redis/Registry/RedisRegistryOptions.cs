using System.ComponentModel.DataAnnotations;
using Orchestrator.Core.Registry;

namespace Orchestrator.Redis.Registry;

/// <summary>How this process uses a registry in Redis.</summary>
public sealed class RedisRegistryOptions
{
    /// <summary>Default of <see cref="Lease"/>.</summary>
    public static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(5);

    /// <summary>File that keeps a copy of the registry on this machine.</summary>
    [Required]
    public required string CopyPath { get; init; }

    /// <summary>How long a control plane that does not renew its lease keeps others from taking over. It renews five times in that. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan Lease { get; init; } = DefaultLease;

    /// <summary>This control plane, for people; unique beside a number that is added.</summary>
    public string Name { get; init; } = $"{Environment.MachineName}, process {Environment.ProcessId}";

    /// <summary>Read when there is neither a copy nor a registry in Redis: what an orchestrator without Redis left in the state folder. Null: nothing.</summary>
    public Func<CancellationToken, ValueTask<RegistrySnapshot>>? Import { get; init; }
}
