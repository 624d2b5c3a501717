using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Orchestrator.Core.Images;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Building;

/// <summary>Builds images of models on a Docker engine. The artefact goes straight from its file to the engine, however large it is.</summary>
public sealed class DockerImageBuilder : IImageBuilder, IDisposable
{
    // Steps reach what the engine's machine reaches; a proxy on its loopback too.
    private const string NetworkMode = "host";

    // The engine knows those of a proxy without their being declared.
    private static readonly string[] ProxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
    private static readonly string[] PipVariables = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"];

    private readonly string _imagePrefix;
    private readonly Func<string, string?> _environment;
    private readonly EngineClient _engine;
    private readonly RegistryLogins _logins;

    /// <summary>Does nothing yet.</summary>
    /// <param name="imagePrefix">Comes before a framework's name in the name of its image.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ImageBuildException">DOCKER_HOST and its like name no engine that can be used.</exception>
    public DockerImageBuilder(string imagePrefix, TimeProvider time)
        : this(imagePrefix, ReadEndpoint(), Environment.GetEnvironmentVariable, time)
    {
    }

    internal DockerImageBuilder(string imagePrefix, EngineEndpoint endpoint, Func<string, string?> environment, TimeProvider time)
    {
        (_imagePrefix, _environment) = (imagePrefix, environment);
        _engine = new EngineClient(endpoint, time);
        _logins = new RegistryLogins(environment, time);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageBuildProgress> BuildAsync(ImageBuildSpec spec, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        await using var lines = RunAsync(spec, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(lines, spec))
        {
            yield return lines.Current;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    // A sequence may not catch around what it yields: the engine's failures are put into the port's terms here.
    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ImageBuildProgress> lines, ImageBuildSpec spec)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (Exception exception) when (exception is EngineException or EngineUnreachableException or RegistryLoginException or IOException or UnauthorizedAccessException)
        {
            throw new ImageBuildException($"image '{spec.Image}' cannot be built: {(exception as EngineException)?.EngineMessage ?? exception.Message}", exception);
        }
    }

    private async IAsyncEnumerable<ImageBuildProgress> RunAsync(ImageBuildSpec spec, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var baseImage = spec.Base ?? $"{_imagePrefix}{spec.Framework}:latest";
        await foreach (var line in RequireAsync(baseImage, cancellationToken))
        {
            yield return line;
        }

        var user = (await _engine.Images.InspectAsync(baseImage, cancellationToken)).Config?.User ?? "";
        await foreach (var line in BuildAsync(spec, baseImage, user, cancellationToken))
        {
            yield return line;
        }

        if (spec.Push)
        {
            var reference = ImageReference.Parse(spec.Image);
            var login = await _logins.FindAsync(reference.Registry, cancellationToken);
            await foreach (var line in LinesAsync(_engine.Images.PushAsync(reference, login, cancellationToken)))
            {
                yield return line;
            }
        }

        var built = await _engine.Images.InspectAsync(spec.Image, cancellationToken);
        yield return new ImageBuildProgress("", new BuiltImage(spec.Image, built.Id, built.Size));
    }

    private async IAsyncEnumerable<ImageBuildProgress> RequireAsync(string image, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await IsThereAsync(image, cancellationToken))
        {
            yield break;
        }

        var reference = ImageReference.Parse(image);
        var login = await _logins.FindAsync(reference.Registry, cancellationToken);
        yield return new ImageBuildProgress($"pulling {image}");
        await foreach (var line in LinesAsync(_engine.Images.PullAsync(reference, login, cancellationToken)))
        {
            yield return line;
        }
    }

    private async Task<bool> IsThereAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            await _engine.Images.InspectAsync(image, cancellationToken);
            return true;
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<ImageBuildProgress> BuildAsync(
        ImageBuildSpec spec, string baseImage, string user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var arguments = ProxyVariables.Concat(spec.Requirements is null ? [] : PipVariables)
            .Select(name => (name, value: _environment(name))).Where(a => !string.IsNullOrEmpty(a.value)).ToDictionary(a => a.name, a => a.value!);
        var options = new ImageBuild { Tag = spec.Image, NetworkMode = NetworkMode, Labels = spec.Labels, Arguments = arguments };
        var dockerfile = DockerfileWriter.Write(spec, baseImage, user, arguments.Keys.Intersect(PipVariables));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipe = new Pipe();
        var writing = WriteAsync(pipe.Writer, dockerfile, spec, ended.Token);
        try
        {
            await using var context = pipe.Reader.AsStream();
            await foreach (var line in LinesAsync(_engine.Images.BuildAsync(context, options, cancellationToken)))
            {
                yield return line;
            }
        }
        finally
        {
            // An engine that refuses reads no further: the writer must not wait for it.
            await ended.CancelAsync();
            await writing;
        }
    }

    // What fails here reaches the engine's call as a failure of the stream that it reads.
    private static async Task WriteAsync(PipeWriter writer, string dockerfile, ImageBuildSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            await BuildContext.WriteAsync(writer.AsStream(leaveOpen: true), dockerfile, spec, cancellationToken);
            await writer.CompleteAsync();
        }
#pragma warning disable CA1031 // Whatever it is, the engine's call must hear of it: a stream that never ends would hold it until it is given up.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await writer.CompleteAsync(exception);
        }
    }

    private static async IAsyncEnumerable<ImageBuildProgress> LinesAsync(IAsyncEnumerable<ProgressMessage> messages)
    {
        var lines = new BuildLines();
        await foreach (var message in messages)
        {
            foreach (var line in lines.Take(message))
            {
                yield return new ImageBuildProgress(line);
            }
        }

        foreach (var line in lines.Finish())
        {
            yield return new ImageBuildProgress(line);
        }
    }

    private static EngineEndpoint ReadEndpoint()
    {
        try
        {
            return EngineEndpointReader.Read(Environment.GetEnvironmentVariable);
        }
        catch (EngineEndpointException exception)
        {
            throw new ImageBuildException(exception.Message, exception);
        }
    }
}
