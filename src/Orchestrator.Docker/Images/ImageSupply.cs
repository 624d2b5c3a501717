using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Images;

/// <summary>Sees to it that an image is on the engine: pulls it if it is missing, once for all who wait for it. Thread-safe.</summary>
internal sealed class ImageSupply(EngineClient engine, RegistryLogins logins)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SharedPull> _pulls = new(StringComparer.Ordinal);

    /// <summary>The image; pulled if it is missing.</summary>
    /// <exception cref="ContainerStartException">It cannot be had, in the engine's words.</exception>
    public async Task<ImageDetails> RequireAsync(string image, IProgress<string> progress, CancellationToken cancellationToken) =>
        await FindAsync(image, cancellationToken) ?? await PullAsync(image, progress, cancellationToken);

    private async Task<ImageDetails?> FindAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Images.InspectAsync(image, cancellationToken);
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            return null;
        }
        catch (EngineException exception)
        {
            throw new ContainerStartException($"image '{image}' cannot be used: {exception.EngineMessage}", exception);
        }
    }

    private async Task<ImageDetails> PullAsync(string image, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var pull = Join(image, progress);
        try
        {
            return await pull.Completion.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(image, pull, progress);
        }
    }

    private SharedPull Join(string image, IProgress<string> progress)
    {
        lock (_lock)
        {
            if (!_pulls.TryGetValue(image, out var pull))
            {
                _pulls[image] = pull = new SharedPull();
                pull.Completion = Task.Run(() => RunAsync(image, pull));
            }

            pull.Join(progress);
            return pull;
        }
    }

    // The last one to leave ends a pull that nobody waits for any more.
    private void Leave(string image, SharedPull pull, IProgress<string> progress)
    {
        lock (_lock)
        {
            if (pull.Leave(progress) == 0 && _pulls.GetValueOrDefault(image) == pull)
            {
                _pulls.Remove(image);
                pull.Cancellation.Cancel();
            }
        }
    }

    private async Task<ImageDetails> RunAsync(string image, SharedPull pull)
    {
        var reference = ImageReference.Parse(image);
        var progress = new PullProgress(image);
        try
        {
            pull.Report($"pulling {image}");
            var login = await logins.FindAsync(reference.Registry, pull.Cancellation.Token);
            await foreach (var message in engine.Images.PullAsync(reference, login, pull.Cancellation.Token))
            {
                if (progress.Take(message) is { } line)
                {
                    pull.Report(line);
                }
            }

            return await engine.Images.InspectAsync(image, pull.Cancellation.Token);
        }
        catch (Exception exception) when (exception is EngineException or RegistryLoginException)
        {
            var words = (exception as EngineException)?.EngineMessage ?? exception.Message;
            throw new ContainerStartException($"image '{image}' is not on the engine and cannot be pulled: {words}", exception);
        }
        finally
        {
            lock (_lock)
            {
                if (_pulls.GetValueOrDefault(image) == pull)
                {
                    _pulls.Remove(image);
                }
            }
        }
    }

    /// <summary>A pull and those who wait for it.</summary>
    private sealed class SharedPull
    {
        private readonly Lock _lock = new();
        private readonly List<IProgress<string>> _waiting = [];
        private string? _last;

        public CancellationTokenSource Cancellation { get; } = new();

        public Task<ImageDetails> Completion { get; set; } = null!;

        public void Join(IProgress<string> progress)
        {
            string? last;
            lock (_lock)
            {
                _waiting.Add(progress);
                last = _last;
            }

            if (last is not null)
            {
                progress.Report(last);
            }
        }

        public int Leave(IProgress<string> progress)
        {
            lock (_lock)
            {
                _waiting.Remove(progress);
                return _waiting.Count;
            }
        }

        public void Report(string line)
        {
            List<IProgress<string>> waiting;
            lock (_lock)
            {
                _last = line;
                waiting = [.. _waiting];
            }

            waiting.ForEach(w => w.Report(line));
        }
    }
}
