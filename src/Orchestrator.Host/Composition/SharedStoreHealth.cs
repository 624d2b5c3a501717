using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Composition;

/// <summary>Says what is wrong with the shared store, whether or not this orchestrator has one.</summary>
internal sealed class SharedStoreHealth(IServiceProvider services)
{
    /// <summary>What is wrong and what is done without; null: nothing, or there is none.</summary>
    public string? Problem =>
        services.GetService<IControlLease>()?.Problem is { } registry ? $"{registry}; what is served goes on, without the shared cache, and nothing can be changed"
        : services.GetService<IPredictionStore>()?.Problem is { } store ? $"{store}; predictions go on without the shared cache"
        : null;
}
