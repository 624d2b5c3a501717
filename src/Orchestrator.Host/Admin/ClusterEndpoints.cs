using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Runtime;
using Orchestrator.Host.Composition;

namespace Orchestrator.Host.Admin;

/// <summary>The cluster as a whole: its status, and its desired state.</summary>
internal static class ClusterEndpoints
{
    // A header, for a request's first line holds only about a hundred digests.
    private const string WillUploadHeader = "Orchestrator-Will-Upload";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", (IControlPlane control, SharedStoreHealth store) => Results.Json(control.Status with { Redis = store.Redis }, CoreJson.Default.ClusterStatus))
            .WithSummary("Desired against observed, now.").Produces<ClusterStatus>();
        routes.MapGet("/frameworks", (FrameworkCatalog frameworks) => Results.Json(frameworks.Names, CoreJson.Default.IReadOnlyListString))
            .WithSummary("Every value that framework may have in a spec.").Produces<IReadOnlyList<string>>();
        routes.MapGet("/spec", ReadAsync)
            .WithSummary("The desired state; header Orchestrator-Revision has its revision.").Produces<ClusterSpec>();
        routes.MapPut("/spec", ApplyAsync)
            .WithSummary("Makes the desired state equal to the body. keepOthers=true keeps models and applications that the body does not name; dryRun=true validates and lists the changes only; digests in header "
                + WillUploadHeader + ", comma-separated, then count as uploaded.")
            .Takes<ClusterSpec>("application/json").Produces<ApplyResult>().ProducesErrors(400, 409, 507);
    }

    private static async Task<IResult> ReadAsync(IControlPlane control, HttpResponse response, CancellationToken cancellationToken)
    {
        var (revision, desired) = await control.ReadDesiredAsync(cancellationToken);
        response.Headers["Orchestrator-Revision"] = revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.Json(desired, CoreJson.Default.ClusterSpec);
    }

    private static async Task<IResult> ApplyAsync(HttpRequest request, IControlPlane control, bool? keepOthers, bool? dryRun, CancellationToken cancellationToken)
    {
        var (desired, error) = await AdminBody.ReadAsync<ClusterSpec>(request, cancellationToken);
        if (error is not null)
        {
            return error;
        }

        var mode = keepOthers == true ? ApplyMode.KeepOthers : ApplyMode.Whole;
        return AdminResults.Of(dryRun == true
            ? await control.PreviewAsync(desired!, mode, ReadWillUpload(request.Headers), cancellationToken)
            : await control.ApplyAsync(desired!, mode, cancellationToken));
    }

    private static HashSet<string> ReadWillUpload(IHeaderDictionary headers) => [.. headers.GetCommaSeparatedValues(WillUploadHeader)];
}
