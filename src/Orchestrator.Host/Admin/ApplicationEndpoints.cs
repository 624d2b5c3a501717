using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Applications.</summary>
internal static class ApplicationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/applications", (IControlPlane control) => Results.Json(control.Status.Applications, CoreJson.Default.IReadOnlyListApplicationStatus))
            .WithSummary("All applications.").Produces<IReadOnlyList<ApplicationStatus>>();
        routes.MapGet("/applications/{application}", Show)
            .WithSummary("One application.").Produces<ApplicationStatus>().ProducesErrors(404);
        routes.MapPut("/applications/{application}", PutAsync)
            .WithSummary("Creates an application or replaces it.")
            .Takes<ApplicationSpec>("application/json").Produces<ApplyResult>().ProducesErrors(400, 409, 507);
        routes.MapDelete("/applications/{application}", async (string application, IControlPlane control, CancellationToken stop) =>
                AdminResults.Of(await control.RemoveApplicationAsync(application, stop)))
            .WithSummary("Removes an application.").Produces<ApplyResult>().ProducesErrors(404, 507);
    }

    private static IResult Show(string application, IControlPlane control)
    {
        var status = control.Status;
        return status.Applications.FirstOrDefault(a => a.Spec.Name == application) is { } found
            ? Results.Json(found, CoreJson.Default.ApplicationStatus)
            : AdminResults.UnknownApplication(application, status);
    }

    private static async Task<IResult> PutAsync(string application, HttpRequest request, IControlPlane control, CancellationToken cancellationToken)
    {
        var (spec, error) = await AdminBody.ReadAsync<ApplicationSpec>(request, cancellationToken);
        if (error is not null)
        {
            return error;
        }

        return spec!.Name == application
            ? AdminResults.Of(await control.PutApplicationAsync(spec, cancellationToken))
            : AdminResults.Error(StatusCodes.Status400BadRequest, $"The body names application '{spec.Name}', the path '{application}'; they must be the same.");
    }
}
