using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Tests.Registry;
using Orchestrator.Storage.Registry;

namespace Orchestrator.Storage.Tests.Registry;

public sealed class DiskModelRegistryConformanceTests : ModelRegistryConformance, IDisposable
{
    private readonly TestFolder _folder = new();
    private DiskModelRegistry? _registry;

    public void Dispose()
    {
        _registry?.Dispose();
        _folder.Dispose();
    }

    protected override ValueTask<IModelRegistry> OpenAsync() =>
        ValueTask.FromResult<IModelRegistry>(_registry = DiskModelRegistry.Open(_folder["registry"], NullLogger<DiskModelRegistry>.Instance));
}
