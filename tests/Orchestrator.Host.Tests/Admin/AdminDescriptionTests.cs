using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Admin;

/// <summary>What the admin API says of itself.</summary>
public sealed class AdminDescriptionTests : IAsyncLifetime
{
    private HostRig _rig = null!;

    private HttpClient Admin => _rig.Admin;

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Frameworks_AreTheCatalogues() => (await Admin.ReadAsync("/api/v1/frameworks")).Text.ShouldBe("""["custom","noop"]""");

    [Fact]
    public async Task OpenApi_ListsEveryRouteWithSummary()
    {
        var paths = (await Admin.ReadAsync("/openapi/v1.json")).Json.GetProperty("paths");

        var operations = paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}")).Order(StringComparer.Ordinal);
        operations.ShouldBe(
        [
            "DELETE /api/v1/applications/{application}", "DELETE /api/v1/models/{model}", "DELETE /api/v1/models/{model}/versions/{version}",
            "GET /api/v1/applications", "GET /api/v1/applications/{application}", "GET /api/v1/events", "GET /api/v1/features/{view}", "GET /api/v1/frameworks", "GET /api/v1/models", "GET /api/v1/models/{model}",
            "GET /api/v1/models/{model}/versions/{version}/logs", "GET /api/v1/models/{model}/versions/{version}/profile", "GET /api/v1/spec", "GET /api/v1/status",
            "GET /healthz", "GET /metrics", "GET /readyz", "HEAD /api/v1/artefacts/{digest}", "POST /api/v1/artefacts", "POST /api/v1/features", "POST /api/v1/models/{model}/build", "POST /api/v1/models/{model}/deploy",
            "POST /api/v1/models/{model}/rollback", "POST /api/v1/models/{model}/versions/{version}/scale", "PUT /api/v1/applications/{application}", "PUT /api/v1/spec",
        ]);
        paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).ShouldAllBe(o => o.Value.GetProperty("summary").GetString()!.Length > 0);
    }
}
