using Orchestrator.Core.Admin;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Serving;

namespace Orchestrator.Host.Composition;

/// <summary>Says what is wrong with the shared store, whether or not this orchestrator has one.</summary>
internal sealed class SharedStoreHealth(IServiceProvider services)
{
    /// <summary>Whether Redis is there, and what is done without; null: none is configured. A slow one is connected: that it is left alone only those know who ask it.</summary>
    public RedisStatus? Redis => services.GetService<IRedisHealth>()?.Status is not { } status ? null
        : LeftAlone is { Count: > 0 } slow ? status with { Consequences = [.. status.Consequences, .. slow] }
        : status;

    /// <summary>What is wrong and what is done without; null: nothing, or there is none.</summary>
    public string? Problem =>
        services.GetService<IControlLease>()?.Problem is { } registry ? $"{registry}; what is served goes on, without the shared cache, and nothing can be changed"
        : services.GetService<IServingLease>() is { IsHeld: false } && services.GetService<ServingState>() is { Table.Snapshot.Revision: > 0 }
            ? "this frontend is cut off from its control plane; only replicas that confirm their version answer, and nothing comes from a cache"
        : services.GetService<IPredictionStore>()?.Problem is { } store ? $"{store}; predictions go on without the shared cache"
        : LeftAlone is { Count: > 0 } slow ? string.Join("; ", slow)
        : null;

    private IReadOnlyList<string> LeftAlone => services.GetService<StoresLeftAlone>()?.Describe() ?? [];
}
