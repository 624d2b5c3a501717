using Orchestrator.Core.Admin;

namespace Orchestrator.Host.Admin;

internal static class RouteConventions
{
    /// <summary>Says in the OpenAPI document which statuses come with an <see cref="AdminError"/>.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statusCodes)
    {
        foreach (var statusCode in statusCodes)
        {
            route.Produces<AdminError>(statusCode);
        }

        return route;
    }
}
