using Orchestrator.Host.Composition;

namespace Orchestrator.Host.Admin;

/// <summary>Is the process alive, is it ready: for whatever supervises it.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", (BackgroundLoops loops) => loops.FindEnded() is { } ended
                ? Results.Text($"{ended} has ended; see the log.\n", statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ok\n"))
            .WithSummary("200 while the process and its loops are alive.").Produces<string>(contentType: "text/plain");
        routes.MapGet("/readyz", (Readiness readiness, SharedStoreHealth store) => readiness.Obstacle is { } obstacle
                ? Results.Text(obstacle + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ready\n" + Degradation(store.Problem)))
            .WithSummary("200 once the first serving snapshot was taken over and while the control plane has no problem; a second line says what it does without (the shared cache, changes).").Produces<string>(contentType: "text/plain");
    }

    /// <summary>No obstacle: everything that serves is answered without it.</summary>
    private static string Degradation(string? problem) => problem is not null ? $"degraded: {problem}\n" : "";
}
