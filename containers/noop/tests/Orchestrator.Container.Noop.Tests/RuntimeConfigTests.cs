using System.Text.Json;

namespace Orchestrator.Container.Noop.Tests;

public sealed class RuntimeConfigTests
{
    [Fact]
    public void Program_LetsIdleThreadsSleepAtOnce_AndHasOneHeap()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "orchestrator-noop.runtimeconfig.json")));
        var properties = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        properties.GetProperty("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit").GetInt32().ShouldBe(0);
        properties.GetProperty("System.GC.Server").GetBoolean().ShouldBeFalse();
    }
}
