using Orchestrator.Core.Admin;

namespace Orchestrator.Host.Admin;

internal static class RouteConventions
{
    /// <summary>Says in the OpenAPI document what the body is. Any Content-Type passes: curl calls a body a form unless told otherwise, and there is nothing to choose between.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route, string contentType, bool isOptional = false) where T : notnull =>
        route.Accepts<T>(isOptional, contentType, "*/*");

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
