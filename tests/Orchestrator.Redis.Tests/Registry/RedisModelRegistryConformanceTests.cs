using Orchestrator.Core.Registry;
using Orchestrator.Core.Tests.Registry;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Registry;

public sealed class RedisModelRegistryConformanceTests : ModelRegistryConformance, IAsyncLifetime
{
    private RedisServer _server = null!;
    private ControlNode? _node;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync("secret");

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    protected override async ValueTask<IModelRegistry> OpenAsync() => (_node = await ControlNode.StartAsync(_server.Options)).Registry;
}
