using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Composition;

/// <summary>Says what is wrong with the shared store, whether or not this orchestrator has one.</summary>
internal sealed class SharedStoreHealth(IServiceProvider services)
{
    /// <summary>Null: nothing, or there is none.</summary>
    public string? Problem => services.GetService<IPredictionStore>()?.Problem;
}
