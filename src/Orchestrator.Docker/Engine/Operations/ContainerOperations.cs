using System.Globalization;
using System.Runtime.CompilerServices;

namespace Orchestrator.Docker.Engine;

/// <summary>Containers: made, started, asked, ended, removed.</summary>
internal sealed class ContainerOperations(EngineTransport transport)
{
    /// <summary>Makes a container; it does not run yet.</summary>
    public Task<ContainerCreated> CreateAsync(string name, CreateContainerRequest request, CancellationToken cancellationToken) => transport.ReadAsync(
        EngineCall.Post("/containers/create").With("name", name) with { Content = EngineTransport.Json(request, EngineJson.Default.CreateContainerRequest) },
        EngineJson.Default.ContainerCreated, cancellationToken);

    /// <summary>Starts it; runs already: nothing.</summary>
    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        transport.SendAsync(EngineCall.Post($"/containers/{id}/start") with { NotModifiedIsFine = true }, cancellationToken);

    /// <summary>Asks it to end and kills it after <paramref name="grace"/>; returns when it ended. Ended already: nothing.</summary>
    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        var seconds = (int)Math.Ceiling(Math.Max(0, grace.TotalSeconds));
        var call = EngineCall.Post($"/containers/{id}/stop").With("t", seconds.ToString(CultureInfo.InvariantCulture));
        return transport.SendAsync(call with { NotModifiedIsFine = true, Patience = TimeSpan.FromSeconds(seconds) + EngineTransport.Patience }, cancellationToken);
    }

    public Task KillAsync(string id, string signal, CancellationToken cancellationToken) =>
        transport.SendAsync(EngineCall.Post($"/containers/{id}/kill").With("signal", signal), cancellationToken);

    public Task PauseAsync(string id, CancellationToken cancellationToken) => transport.SendAsync(EngineCall.Post($"/containers/{id}/pause"), cancellationToken);

    public Task UnpauseAsync(string id, CancellationToken cancellationToken) => transport.SendAsync(EngineCall.Post($"/containers/{id}/unpause"), cancellationToken);

    /// <summary>Removes it with its anonymous volumes; <paramref name="force"/> kills it first.</summary>
    public Task RemoveAsync(string id, bool force, CancellationToken cancellationToken) =>
        transport.SendAsync(EngineCall.Delete($"/containers/{id}").With("v", true).With("force", force), cancellationToken);

    /// <param name="all">Also those that do not run.</param>
    /// <param name="filters">Which ones.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<IReadOnlyList<ContainerSummary>> ListAsync(bool all, EngineFilters filters, CancellationToken cancellationToken) => transport.ReadAsync(
        EngineCall.Get("/containers/json").With("all", all).With("filters", filters.ToString()), EngineJson.Default.IReadOnlyListContainerSummary, cancellationToken);

    public Task<ContainerDetails> InspectAsync(string id, CancellationToken cancellationToken) =>
        transport.ReadAsync(EngineCall.Get($"/containers/{id}/json"), EngineJson.Default.ContainerDetails, cancellationToken);

    /// <summary>Counters of now, without the second that the engine would take to compute rates.</summary>
    public Task<ContainerStats> GetStatsAsync(string id, CancellationToken cancellationToken) => transport.ReadAsync(
        EngineCall.Get($"/containers/{id}/stats").With("stream", "false").With("one-shot", "true"), EngineJson.Default.ContainerStats, cancellationToken);

    /// <summary>Unpacks a tar archive into a folder of it, which must be on a volume if its root is read-only.</summary>
    /// <param name="id">A container, running or not.</param>
    /// <param name="folder">Absolute path in it.</param>
    /// <param name="tar">Read to its end; stays the caller's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task PutArchiveAsync(string id, string folder, Stream tar, CancellationToken cancellationToken) => transport.SendAsync(
        EngineCall.Put($"/containers/{id}/archive").With("path", folder) with { Content = new StreamContent(tar), Patience = TimeSpan.FromMinutes(10) }, cancellationToken);

    /// <summary>Its output: the last <paramref name="tail"/> lines, then with <paramref name="follow"/> what comes until it ends. A frame's bytes are valid until the next one is asked for.</summary>
    public async IAsyncEnumerable<LogFrame> ReadLogsAsync(string id, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = EngineCall.Get($"/containers/{id}/logs")
            .With("stdout", true).With("stderr", true).With("follow", follow).With("tail", tail.ToString(CultureInfo.InvariantCulture));
        using var response = await transport.OpenAsync(call, cancellationToken);
        await foreach (var frame in EngineStreams.ReadAsync(transport, call, response, s => LogFrames.ReadAsync(s, cancellationToken), cancellationToken))
        {
            yield return frame;
        }
    }
}
