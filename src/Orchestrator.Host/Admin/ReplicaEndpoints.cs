using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;
using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Admin;

/// <summary>What is known of a version's replicas: their latency profile and their logs.</summary>
internal static class ReplicaEndpoints
{
    private const int DefaultTail = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/models/{model}/versions/{version}/profile", ShowProfile)
            .WithSummary("Per replica: work, failures, latency by batch size, current batch limit.").Produces<IReadOnlyList<ReplicaReport>>().ProducesErrors(404);
        routes.MapGet("/models/{model}/versions/{version}/logs", ReadLogsAsync)
            .WithSummary("Log lines of the containers, each as '[instance] line'; tail=100 lines each, follow=true goes on, instance= only that one.")
            .Produces<string>(contentType: "text/plain").ProducesErrors(400, 404);
    }

    private static IResult ShowProfile(string model, string version, IControlPlane control)
    {
        if (Find(model, version, control, out var error) is not { } found)
        {
            return error!;
        }

        IReadOnlyList<ReplicaReport> reports = [.. found.Replicas.Select(r => r.Report).OfType<ReplicaReport>()];
        return Results.Json(reports, CoreJson.Default.IReadOnlyListReplicaReport);
    }

    private static IResult ReadLogsAsync(
        string model, string version, IControlPlane control, IHostApplicationLifetime lifetime, int? tail, bool? follow, string? instance)
    {
        if (tail < 0)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, $"tail: expected 0 or more lines, got {tail}.");
        }

        if (Find(model, version, control, out var error) is null)
        {
            return error!;
        }

        return new StreamResult("text/plain; charset=utf-8", async (response, cancellationToken) =>
        {
            var lines = control.ReadLogs(new ModelVersionId(model, version), instance, tail ?? DefaultTail, follow ?? false, cancellationToken);
            await foreach (var line in lines ?? AsyncEnumerable.Empty<ContainerLogLine>())
            {
                await response.WriteAsync($"[{line.Instance}] {line.Line}\n", Encoding.UTF8, cancellationToken);
                if (follow is true)
                {
                    await response.Body.FlushAsync(cancellationToken);
                }
            }
        }, lifetime);
    }

    private static VersionStatus? Find(string model, string version, IControlPlane control, out IResult? error)
    {
        var status = control.Status;
        var foundModel = status.Models.FirstOrDefault(m => m.Name == model);
        var found = foundModel?.Versions.FirstOrDefault(v => v.Spec.Version == version);
        error = foundModel is null ? AdminResults.UnknownModel(model, status)
            : found is null ? AdminResults.UnknownVersion(version, foundModel)
            : null;
        return found;
    }
}
