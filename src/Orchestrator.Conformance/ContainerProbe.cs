using System.Net.Sockets;
using System.Text.RegularExpressions;
using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>A look at what is to be checked before anything is: whether somebody listens there, and under which name the model is served.</summary>
/// <param name="timeProvider">For timeouts; null: the system's.</param>
public sealed partial class ContainerProbe(TimeProvider? timeProvider = null)
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Why nobody can be reached there, such as <c>Connection refused (127.0.0.1:9)</c>; null: somebody listens. What it says is for the checks.</summary>
    /// <param name="target">The container.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<string?> ObstacleAsync(ConformanceTarget target, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(target, "/v2/health/live", cancellationToken);
            return null;
        }
        catch (CheckFailedException e) when (e.InnerException is HttpRequestException { InnerException: SocketException } unreachable)
        {
            return unreachable.Message;
        }
        catch (CheckFailedException)
        {
            return null;
        }
    }

    /// <summary>Whether the target's model is served there, and if not, which one, as far as the answer tells.</summary>
    /// <param name="target">The container.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ModelFinding> FindModelAsync(ConformanceTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await GetAsync(target, $"/v2/models/{Uri.EscapeDataString(target.Model)}", cancellationToken);
            return answer.Status != 404
                ? new ModelFinding(IsServed: true, target.Model)
                : new ModelFinding(IsServed: false, ErrorBody.TryRead(answer.Body) is { } text && OwnName().Match(text) is { Success: true } match ? Uri.UnescapeDataString(match.Groups["name"].Value) : null);
        }
        catch (CheckFailedException)
        {
            // A check of its own reports it.
            return new ModelFinding(IsServed: true, target.Model);
        }
    }

    private async Task<Answer> GetAsync(ConformanceTarget target, string path, CancellationToken cancellationToken)
    {
        using var client = new ContainerClient(target, _time);
        return await client.GetAsync(path, cancellationToken);
    }

    // The protocol has no call that lists models; the containers of this repository name theirs when they are asked for another.
    [GeneratedRegex(@"(serves model '(?<name>[^']+)' version '|; this is /v2/models/(?<name>[^/\s]+)/versions/)", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnName();
}

/// <summary>Which model a container serves.</summary>
/// <param name="IsServed">The one that was asked for.</param>
/// <param name="Name">What it serves; null: another one, and it does not say which.</param>
public sealed record ModelFinding(bool IsServed, string? Name);
