using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Models and their versions.</summary>
internal static class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/models", (IControlPlane control) => Results.Json(control.Status.Models, CoreJson.Default.IReadOnlyListModelStatus))
            .WithSummary("All models with their versions and replicas.").Produces<IReadOnlyList<ModelStatus>>();
        routes.MapGet("/models/{model}", Show)
            .WithSummary("One model.").Produces<ModelStatus>().ProducesErrors(404);
        routes.MapDelete("/models/{model}", async (string model, IControlPlane control, CancellationToken stop) => AdminResults.Of(await control.RemoveModelAsync(model, stop)))
            .WithSummary("Removes a model that no application uses.").Produces<ApplyResult>().ProducesErrors(404, 409, 507);
        routes.MapPost("/models/{model}/deploy", DeployAsync)
            .WithSummary("Adds a version, making the model if it is new, and makes it current.")
            .Takes<DeployRequest>("application/json").Produces<ApplyResult>().ProducesErrors(400, 409, 507);
        routes.MapPost("/models/{model}/rollback", RollbackAsync)
            .WithSummary("Makes an earlier version current; without a body the one that served before.")
            .Takes<RollbackRequest>("application/json", isOptional: true).Produces<ApplyResult>().ProducesErrors(400, 404, 409, 507);
        routes.MapPost("/models/{model}/versions/{version}/scale", ScaleAsync)
            .WithSummary("Changes the number of replicas.")
            .Takes<ScaleRequest>("application/json").Produces<ApplyResult>().ProducesErrors(400, 404, 507);
        routes.MapDelete("/models/{model}/versions/{version}", async (string model, string version, IControlPlane control, CancellationToken stop) =>
                AdminResults.Of(await control.RemoveVersionAsync(new ModelVersionId(model, version), stop)))
            .WithSummary("Removes a version that is neither current nor named by an application.").Produces<ApplyResult>().ProducesErrors(404, 409, 507);
    }

    private static IResult Show(string model, IControlPlane control)
    {
        var status = control.Status;
        return status.Models.FirstOrDefault(m => m.Name == model) is { } found
            ? Results.Json(found, CoreJson.Default.ModelStatus)
            : AdminResults.UnknownModel(model, status);
    }

    private static async Task<IResult> DeployAsync(string model, HttpRequest request, IControlPlane control, CancellationToken cancellationToken)
    {
        var (deploy, error) = await AdminBody.ReadAsync<DeployRequest>(request, cancellationToken);
        return error ?? AdminResults.Of(await control.DeployAsync(model, deploy!, cancellationToken));
    }

    private static async Task<IResult> RollbackAsync(string model, HttpRequest request, IControlPlane control, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or 0 && !request.Headers.ContainsKey("Transfer-Encoding"))
        {
            return AdminResults.Of(await control.RollbackAsync(model, null, cancellationToken));
        }

        var (rollback, error) = await AdminBody.ReadAsync<RollbackRequest>(request, cancellationToken);
        return error ?? AdminResults.Of(await control.RollbackAsync(model, rollback!.Version, cancellationToken));
    }

    private static async Task<IResult> ScaleAsync(string model, string version, HttpRequest request, IControlPlane control, CancellationToken cancellationToken)
    {
        var (scale, error) = await AdminBody.ReadAsync<ScaleRequest>(request, cancellationToken);
        return error ?? AdminResults.Of(await control.ScaleAsync(new ModelVersionId(model, version), scale!.Replicas, cancellationToken));
    }
}
