using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Images;
using Orchestrator.Core.Json;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Host.Admin;

/// <summary>Bakes a version into an image; the answer is a stream of <see cref="BuildImageMessage"/>, one JSON object a line.</summary>
internal static class BuildEndpoints
{
    private const string ContentType = "application/x-ndjson";
    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/models/{model}/build", BuildAsync)
            .WithSummary("Builds registry/cluster-model:version with the artefact in it. Lines of JSON: {line} while it builds, then {built} or {error}.")
            .Takes<BuildImageRequest>("application/json").Produces<BuildImageMessage>(contentType: ContentType).ProducesErrors(400);

    private static async Task<IResult> BuildAsync(
        string model, HttpRequest request, IControlPlane control, IArtefactStore store, FrameworkCatalog frameworks, IImageBuilder builder, IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        var (body, error) = await AdminBody.ReadAsync<BuildImageRequest>(request, cancellationToken);
        if (body is null)
        {
            return error!;
        }

        if (FindMistake(body, store, frameworks) is { } mistake)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, mistake);
        }

        try
        {
            var spec = Describe(model, body, control.Status.Cluster, store);
            return new StreamResult(ContentType, (response, stop) => WriteAsync(response, builder.BuildAsync(spec, stop), stop), lifetime);
        }
        catch (ImageBuildException exception)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, exception.Message);
        }
    }

    private static string? FindMistake(BuildImageRequest body, IArtefactStore store, FrameworkCatalog frameworks)
    {
        if (string.IsNullOrEmpty(body.Framework) || !frameworks.Names.Contains(body.Framework))
        {
            return $"framework: unknown framework '{body.Framework}'; expected one of {string.Join(", ", frameworks.Names)}.";
        }

        if (body is { Framework: FrameworkCatalog.Custom, Base: null })
        {
            return "base: is missing; framework custom has no image of its own to start from.";
        }

        if (body.Requirements is not null && body.Base is null && !IsPython(frameworks, body.Framework))
        {
            return $"requirements: framework {body.Framework} does not run on Python, which a requirements.txt is for.";
        }

        return body.Digest is { } digest && store.FindPath(digest) is null ? $"digest: the store has no artefact '{digest}'; upload it first and name the digest that the upload answers." : null;
    }

    private static bool IsPython(FrameworkCatalog frameworks, string framework) =>
        frameworks.Find(framework)?.Command.Any(word => word.Contains("{python}", StringComparison.Ordinal)) == true;

    private static ImageBuildSpec Describe(string model, BuildImageRequest body, string cluster, IArtefactStore store) => new()
    {
        Image = ImageName.For(body.Registry, cluster, model, body.Version ?? ""),
        Framework = body.Framework,
        Base = body.Base,
        ArtefactPath = body.Digest is null ? null : store.FindPath(body.Digest),
        Requirements = body.Requirements,
        Push = body.Push,
        Labels = new Dictionary<string, string>
        {
            ["org.opencontainers.image.title"] = model,
            ["org.opencontainers.image.version"] = body.Version!,
            ["orchestrator.artefact"] = body.Digest ?? "",
        },
    };

    private static async Task WriteAsync(HttpResponse response, IAsyncEnumerable<ImageBuildProgress> build, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var step in build.WithCancellation(cancellationToken))
            {
                await SendAsync(response, step.Built is { } built ? new BuildImageMessage(Built: built) : new BuildImageMessage(step.Line), cancellationToken);
            }
        }
        catch (ImageBuildException exception)
        {
            await SendAsync(response, new BuildImageMessage(Error: exception.Message), cancellationToken);
        }
    }

    private static async Task SendAsync(HttpResponse response, BuildImageMessage message, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(message, CoreJson.Default.BuildImageMessage), cancellationToken);
        await response.Body.WriteAsync(LineEnd, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
