using Orchestrator.Core.Registry;

namespace Orchestrator.Core.Tests.Registry;

public sealed class InMemoryModelRegistryTests : ModelRegistryConformance
{
    protected override ValueTask<IModelRegistry> OpenAsync() => ValueTask.FromResult<IModelRegistry>(new InMemoryModelRegistry());
}
