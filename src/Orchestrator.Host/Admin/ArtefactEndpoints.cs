using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Uploads into the content-addressed artefact store.</summary>
internal static class ArtefactEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/artefacts", UploadAsync)
            .WithSummary("Stores the body: kind=file one file, kind=folder a tar archive of a folder; name= is what a container sees.")
            .Takes<Stream>("application/octet-stream").Produces<UploadResult>().ProducesErrors(400, 507);
        routes.MapMethods("/artefacts/{digest}", [HttpMethods.Head], Exists)
            .WithSummary("200 if the store has it, with its size in Orchestrator-Artefact-Bytes, else 404.").Produces(200).Produces(404);
    }

    private static async Task<IResult> UploadAsync(HttpContext context, IArtefactStore store, string? name, string? kind, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(name))
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, "name: expected the file's or folder's name, such as ?name=model.pkl.");
        }

        if (kind is not (null or "file" or "folder"))
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, $"kind: expected file or folder, got '{kind}'.");
        }

        // Models may be larger than any bound that would protect something; the store streams and its disk is the limit.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        try
        {
            var digest = kind == "folder"
                ? await store.PutFolderAsync(name, context.Request.Body, cancellationToken)
                : await store.PutFileAsync(name, context.Request.Body, cancellationToken);
            return Results.Json(new UploadResult(digest, store.Describe(digest)?.Bytes ?? 0), CoreJson.Default.UploadResult);
        }
        catch (ArtefactStoreException exception)
        {
            // The store wraps what the disk said; without that the upload itself was wrong (its name, the archive).
            var isDisk = exception.InnerException is IOException and not EndOfStreamException or UnauthorizedAccessException;
            return AdminResults.Error(isDisk ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status400BadRequest, exception.Message);
        }
    }

    private static IResult Exists(string digest, HttpResponse response, IArtefactStore store)
    {
        if (store.Describe(digest) is not { } info)
        {
            return Results.StatusCode(StatusCodes.Status404NotFound);
        }

        response.Headers["Orchestrator-Artefact-Bytes"] = info.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.StatusCode(StatusCodes.Status200OK);
    }
}
