using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Orchestrator.Docker.Engine;

/// <summary>Images: asked for, pulled, built, tagged, pushed, removed. Names are references such as <c>registry:5000/team/model:1</c>.</summary>
internal sealed class ImageOperations(EngineTransport transport)
{
    /// <summary>A pull or build goes on for as long as it says something; this long without a word and it hangs.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    /// <exception cref="EngineException">There is none (<see cref="EngineException.IsNotFound"/>).</exception>
    public Task<ImageDetails> InspectAsync(string image, CancellationToken cancellationToken) =>
        transport.ReadAsync(EngineCall.Get($"/images/{Escape(image)}/json"), EngineJson.Default.ImageDetails, cancellationToken);

    /// <summary>Pulls it; ends when it is there.</summary>
    /// <param name="image">What to pull.</param>
    /// <param name="registryAuth">From the credentials of its registry; null: none.</param>
    /// <param name="cancellationToken">Gives the pull up.</param>
    /// <exception cref="EngineException">It cannot be pulled, in the engine's words.</exception>
    public IAsyncEnumerable<ProgressMessage> PullAsync(ImageReference image, string? registryAuth, CancellationToken cancellationToken) => RunAsync(
        EngineCall.Post("/images/create").With("fromImage", image.Repository).With("tag", image.TagOrDigest) with { RegistryAuth = registryAuth, Patience = Silence }, cancellationToken);

    /// <summary>Builds one; ends when it is built.</summary>
    /// <param name="context">Tar archive with the Dockerfile in it; read to its end, stays the caller's.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives the build up.</param>
    /// <exception cref="EngineException">A step failed, in the engine's words; its output was among the messages before.</exception>
    public IAsyncEnumerable<ProgressMessage> BuildAsync(Stream context, ImageBuild options, CancellationToken cancellationToken)
    {
        var content = new StreamContent(context);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        var call = EngineCall.Post("/build")
            .With("t", options.Tag).With("dockerfile", options.Dockerfile).With("networkmode", options.NetworkMode).With("rm", true).With("forcerm", true).With("pull", options.Pull)
            .With("buildargs", options.Arguments.Count > 0 ? JsonSerializer.Serialize(new Dictionary<string, string>(options.Arguments), BuildJson.Default.DictionaryStringString) : null)
            .With("labels", options.Labels.Count > 0 ? JsonSerializer.Serialize(new Dictionary<string, string>(options.Labels), BuildJson.Default.DictionaryStringString) : null);
        return RunAsync(call with { Content = content, RegistryConfig = options.RegistryConfig, Patience = Silence }, cancellationToken);
    }

    /// <summary>Pushes it; ends when the registry has it.</summary>
    public IAsyncEnumerable<ProgressMessage> PushAsync(ImageReference image, string? registryAuth, CancellationToken cancellationToken) => RunAsync(
        // The engine wants the header even without a login.
        EngineCall.Post($"/images/{Escape(image.Repository)}/push").With("tag", image.TagOrDigest) with { RegistryAuth = registryAuth ?? "e30=", Patience = Silence }, cancellationToken);

    /// <summary>Gives it a further name.</summary>
    public Task TagAsync(string image, ImageReference name, CancellationToken cancellationToken) =>
        transport.SendAsync(EngineCall.Post($"/images/{Escape(image)}/tag").With("repo", name.Repository).With("tag", name.TagOrDigest), cancellationToken);

    /// <summary>Removes a name of it, and it with its last name; <paramref name="force"/>: even if containers use it.</summary>
    public Task RemoveAsync(string image, bool force, CancellationToken cancellationToken) =>
        transport.SendAsync(EngineCall.Delete($"/images/{Escape(image)}").With("force", force), cancellationToken);

    private async IAsyncEnumerable<ProgressMessage> RunAsync(EngineCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await transport.OpenAsync(call, cancellationToken);
        using var silence = new StreamSilence(Silence, transport.Time, cancellationToken);
        await foreach (var message in silence.WatchAsync(
            EngineStreams.ReadAsync(transport, call, response, s => JsonMessages.ReadAsync(s, EngineJson.Default.ProgressMessage, silence.Token), silence.Token), call.ToString()))
        {
            // The status was 200 long before this went wrong.
            if ((message.ErrorDetail?.Message ?? message.Error) is { } error)
            {
                throw new EngineException(call.ToString(), error.Trim());
            }

            yield return message;
        }
    }

    // Slashes of a reference stay: the engine takes the rest of the path as the name.
    private static string Escape(string image) => Uri.EscapeDataString(image).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal).Replace("%40", "@", StringComparison.Ordinal);
}

/// <summary>How an image is built.</summary>
internal sealed record ImageBuild
{
    /// <summary>Its name.</summary>
    public required string Tag { get; init; }

    /// <summary>Path of the Dockerfile in the context.</summary>
    public string Dockerfile { get; init; } = "Dockerfile";

    /// <summary>Build arguments.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels of the image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary><c>host</c>: steps use the machine's network; null: the engine's default.</summary>
    public string? NetworkMode { get; init; }

    /// <summary>Ask the registry for newer bases.</summary>
    public bool Pull { get; init; }

    /// <summary>Logins for the bases' registries; null: none.</summary>
    public string? RegistryConfig { get; init; }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class BuildJson : System.Text.Json.Serialization.JsonSerializerContext;
