using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Serving;

namespace Orchestrator.Cli.Admin;

/// <summary>The admin API as methods. Whatever goes wrong becomes a <see cref="CliException"/> that says what to do.</summary>
internal sealed class AdminClient(HttpClient http, Uri address)
{
    public Uri Address { get; } = address;

    public Task<ClusterStatus> StatusAsync(CancellationToken stop) => GetAsync<ClusterStatus>("api/v1/status", stop);

    public Task<IReadOnlyList<ModelStatus>> ModelsAsync(CancellationToken stop) => GetAsync<IReadOnlyList<ModelStatus>>("api/v1/models", stop);

    public Task<ModelStatus> ModelAsync(string model, CancellationToken stop) => GetAsync<ModelStatus>($"api/v1/models/{Escape(model)}", stop);

    public Task<IReadOnlyList<ApplicationStatus>> ApplicationsAsync(CancellationToken stop) => GetAsync<IReadOnlyList<ApplicationStatus>>("api/v1/applications", stop);

    public Task<ApplicationStatus> ApplicationAsync(string application, CancellationToken stop) =>
        GetAsync<ApplicationStatus>($"api/v1/applications/{Escape(application)}", stop);

    public Task<IReadOnlyList<ReplicaReport>> ProfileAsync(ModelVersionId id, CancellationToken stop) =>
        GetAsync<IReadOnlyList<ReplicaReport>>($"{VersionPath(id)}/profile", stop);

    public Task<ApplyResult> ApplyAsync(ClusterSpec spec, ApplyMode mode, CancellationToken stop) =>
        SendAsync(HttpMethod.Put, SpecPath(mode, dryRun: false), Body(spec, CoreJson.Default.ClusterSpec), stop);

    /// <summary>What an apply would change, once the artefacts with these digests are uploaded.</summary>
    public async Task<ApplyResult> PreviewAsync(ClusterSpec spec, ApplyMode mode, IEnumerable<string> willUpload, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Address, SpecPath(mode, dryRun: true))) { Content = Body(spec, CoreJson.Default.ClusterSpec) };
        request.Headers.Add("Orchestrator-Will-Upload", string.Join(", ", willUpload));
        using var answer = await SendAsync(request, stop);
        return await ReadAsync<ApplyResult>(answer, stop);
    }

    public Task<ApplyResult> DeployAsync(string model, DeployRequest request, CancellationToken stop) =>
        SendAsync(HttpMethod.Post, $"api/v1/models/{Escape(model)}/deploy", Body(request, CoreJson.Default.DeployRequest), stop);

    public Task<ApplyResult> RollbackAsync(string model, string? version, CancellationToken stop) =>
        SendAsync(HttpMethod.Post, $"api/v1/models/{Escape(model)}/rollback", Body(new RollbackRequest(version), CoreJson.Default.RollbackRequest), stop);

    public Task<ApplyResult> ScaleAsync(ModelVersionId id, int replicas, CancellationToken stop) =>
        SendAsync(HttpMethod.Post, $"{VersionPath(id)}/scale", Body(new ScaleRequest(replicas), CoreJson.Default.ScaleRequest), stop);

    public Task<ApplyResult> RemoveModelAsync(string model, CancellationToken stop) => SendAsync(HttpMethod.Delete, $"api/v1/models/{Escape(model)}", null, stop);

    public Task<ApplyResult> RemoveVersionAsync(ModelVersionId id, CancellationToken stop) => SendAsync(HttpMethod.Delete, VersionPath(id), null, stop);

    public Task<ApplyResult> PutApplicationAsync(ApplicationSpec application, CancellationToken stop) =>
        SendAsync(HttpMethod.Put, $"api/v1/applications/{Escape(application.Name)}", Body(application, CoreJson.Default.ApplicationSpec), stop);

    public Task<ApplyResult> RemoveApplicationAsync(string application, CancellationToken stop) =>
        SendAsync(HttpMethod.Delete, $"api/v1/applications/{Escape(application)}", null, stop);

    public async Task<WriteFeaturesResult> WriteFeaturesAsync(WriteFeaturesRequest body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, "api/v1/features")) { Content = Body(body, CoreJson.Default.WriteFeaturesRequest) };
        using var answer = await SendAsync(request, stop);
        return await ReadAsync<WriteFeaturesResult>(answer, stop);
    }

    public Task<FeatureRecordStatus> FeaturesAsync(string view, string? application, IReadOnlyList<(string Key, string Value)> entity, CancellationToken stop)
    {
        var query = entity.Select(e => $"{Escape(e.Key)}={Escape(e.Value)}").Concat(application is null ? [] : [$"application={Escape(application)}"]);
        return GetAsync<FeatureRecordStatus>($"api/v1/features/{Escape(view)}?{string.Join('&', query)}", stop);
    }

    /// <summary>Names of the frameworks it can run; null: it does not say, or does not answer, which the call that needs it will report.</summary>
    public async Task<IReadOnlyCollection<string>?> FindFrameworksAsync(CancellationToken stop)
    {
        try
        {
            return await GetAsync<IReadOnlyList<string>>("api/v1/frameworks", stop);
        }
        catch (CliException)
        {
            return null;
        }
    }

    /// <summary>Whether something answers there at all, whatever it says.</summary>
    public async Task<bool> AnswersAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Address, "healthz"), stop);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>What keeps it from being ready; null: nothing.</summary>
    public async Task<string?> ObstacleAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Address, "readyz"), stop);
            return answer.IsSuccessStatusCode ? null : (await answer.Content.ReadAsStringAsync(stop)).Trim();
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
    }

    public async Task<bool> HasArtefactAsync(string digest, CancellationToken stop)
    {
        using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(Address, $"api/v1/artefacts/{digest}")), stop);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <param name="name">What a container will see.</param>
    /// <param name="isFolder">The content is a tar archive.</param>
    /// <param name="content">Stays the caller's.</param>
    /// <param name="stop">Ends the upload; nothing of it stays.</param>
    public async Task<UploadResult> UploadAsync(string name, bool isFolder, HttpContent content, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, $"api/v1/artefacts?name={Escape(name)}&kind={(isFolder ? "folder" : "file")}")) { Content = content };
        using var answer = await SendAsync(request, stop);
        return await ReadAsync<UploadResult>(answer, stop);
    }

    /// <summary>Lines <c>[instance] line</c>.</summary>
    public async IAsyncEnumerable<string> LogsAsync(ModelVersionId id, string? instance, int tail, bool follow, [EnumeratorCancellation] CancellationToken stop)
    {
        var query = $"tail={tail}&follow={(follow ? "true" : "false")}{(instance is null ? "" : $"&instance={Escape(instance)}")}";
        using var answer = await OpenAsync($"{VersionPath(id)}/logs?{query}", stop);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
        while (await ReadLineAsync(reader, stop) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Builds an image; the messages as they come.</summary>
    public async IAsyncEnumerable<BuildImageMessage> BuildAsync(string model, BuildImageRequest body, [EnumeratorCancellation] CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, $"api/v1/models/{Escape(model)}/build")) { Content = Body(body, CoreJson.Default.BuildImageRequest) };
        using var answer = await SendAsync(request, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw await AdminAnswers.ExplainAsync(answer, stop);
        }

        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
        while (await ReadLineAsync(reader, stop) is { } line)
        {
            yield return JsonSerializer.Deserialize<BuildImageMessage>(line, AdminJson.Options) ?? new BuildImageMessage();
        }
    }

    public async IAsyncEnumerable<ClusterEvent> EventsAsync(long since, [EnumeratorCancellation] CancellationToken stop)
    {
        using var answer = await OpenAsync($"api/v1/events?since={since}", stop);
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(stop), (_, data) => JsonSerializer.Deserialize<ClusterEvent>(data, AdminJson.Options));
        await foreach (var item in events.EnumerateAsync(stop))
        {
            if (item.Data is { } data)
            {
                yield return data;
            }
        }
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static string VersionPath(ModelVersionId id) => $"api/v1/models/{Escape(id.Model)}/versions/{Escape(id.Version)}";

    private static string SpecPath(ApplyMode mode, bool dryRun) => $"api/v1/spec?keepOthers={(mode == ApplyMode.KeepOthers ? "true" : "false")}&dryRun={(dryRun ? "true" : "false")}";

    private static JsonContent Body<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    private async Task<T> GetAsync<T>(string path, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, path));
        using var answer = await SendAsync(request, stop);
        return await ReadAsync<T>(answer, stop);
    }

    private async Task<ApplyResult> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path)) { Content = body };
        using var answer = await SendAsync(request, stop);
        return await ReadAsync<ApplyResult>(answer, stop);
    }

    private async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, path));
        var answer = await SendAsync(request, stop);
        if (!answer.IsSuccessStatusCode)
        {
            using (answer)
            {
                throw await AdminAnswers.ExplainAsync(answer, stop);
            }
        }

        return answer;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        }
        catch (HttpRequestException e)
        {
            throw AdminAnswers.Unreachable(Address, e);
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken stop)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw await AdminAnswers.ExplainAsync(answer, stop);
        }

        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(AdminJson.Options, stop) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Failed, $"{Address} answered with something else than expected ({e.Message}). Is it the admin API, and as new as this orch?", innerException: e);
        }
    }

    private async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.ReadLineAsync(stop);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw AdminAnswers.Unreachable(Address, e);
        }
    }
}
