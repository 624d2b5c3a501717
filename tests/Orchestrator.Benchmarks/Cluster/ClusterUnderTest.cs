using System.Net.Http.Json;
using System.Text.Json;

using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Serving;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>A real orchestrator in a process of its own, with real containers as its children or under a Docker engine.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private readonly ChildProgram _host;
    private readonly HttpClient _admin;
    private readonly string _state;
    private ClusterSpec _spec = ClusterSpec.Empty;

    private ClusterUnderTest(ChildProgram host, HttpClient admin, Uri query, string state)
    {
        _host = host;
        _admin = admin;
        _state = state;
        Query = query;
    }

    /// <summary>Address of the query frontend.</summary>
    public Uri Query { get; }

    /// <summary>Of its admin API.</summary>
    public HttpClient Admin => _admin;

    public int HostId => _host.Id;

    /// <summary>How many containers run.</summary>
    public int Containers { get; private set; }

    public Uri Predict(string application) => new(Query, $"/{application}/predict");

    /// <summary>Starts it and returns once every model is Ready.</summary>
    /// <param name="options">Where everything lies.</param>
    /// <param name="models">What it serves.</param>
    /// <param name="stop">Ends it early.</param>
    /// <param name="engine">Socket of the Docker engine that runs its containers; null: they are its child processes.</param>
    /// <param name="redis">Its Redis, for features and shared answers; null: none.</param>
    /// <param name="more">More of its options.</param>
    public static async Task<ClusterUnderTest> StartAsync(BenchmarkOptions options, IReadOnlyList<ModelUnderTest> models, CancellationToken stop, string? engine = null, string? redis = null, IReadOnlyList<string>? more = null)
    {
        var state = Directory.CreateTempSubdirectory("orchestrator-benchmark-").FullName;
        var program = Path.Combine(options.Root, "artifacts", "bin", "Orchestrator.Host", "release", "Orchestrator.Host.dll");
        var host = await ChildProgram.StartDotnetAsync(
            program,
            ["--query-port", "0", "--admin-port", "0", "--state", state, "--containers", Path.Combine(options.Root, "containers"), "--runtime", engine is null ? "process" : "docker",
                .. redis is null ? (string[])[] : ["--redis", redis, "--registry", "disk"], .. more ?? []],
            Path.Combine(options.Output, engine is null ? "host.log" : "host-docker.log"),
            engine is null ? [] : [("DOCKER_HOST", $"unix://{engine}")]);
        try
        {
            var admin = new HttpClient { BaseAddress = await AddressAsync(host, "admin API", stop) };
            var cluster = new ClusterUnderTest(host, admin, await AddressAsync(host, "query frontend", stop), state);
            await cluster.ApplyAsync(options.Root, models, engine is null ? "process" : "docker", stop);
            return cluster;
        }
        catch
        {
            await host.DisposeAsync();
            DeleteState(state);
            throw;
        }
    }

    /// <summary>Where the only replica of a model is asked: what a client without an orchestrator would call.</summary>
    public async Task<Uri> ContainerAsync(string model, CancellationToken stop) => new((await ReplicasAsync(model, stop)).Single(), $"v2/models/{model}/infer");

    /// <summary>Where the Ready replicas of a model listen.</summary>
    public async Task<IReadOnlyList<Uri>> ReplicasAsync(string model, CancellationToken stop) =>
        [.. (await AddressesAsync(model, stop)).Select(a => new Uri(a.Contains("://", StringComparison.Ordinal) ? a.TrimEnd('/') + "/" : $"http://{a}/"))];

    /// <summary>Where the only replica of a model listens, as the status writes it.</summary>
    public async Task<string> AddressOfAsync(string model, CancellationToken stop) => (await AddressesAsync(model, stop)).Single();

    /// <summary>What the frontend last reported of each replica of a model.</summary>
    public async Task<IReadOnlyList<ReplicaReport>> ReportsAsync(string model, CancellationToken stop) =>
        await _admin.GetFromJsonAsync($"api/v1/models/{model}/versions/1/profile", CoreJson.Default.IReadOnlyListReplicaReport, stop) ?? throw new BenchmarkException("the admin API answered null");

    /// <summary>Adds models without replicas, each with an application, to those it was started with; another call replaces them.</summary>
    public async Task ChangeModelsAsync(IEnumerable<string> extra, CancellationToken stop)
    {
        var more = extra.Select(name => new ModelUnderTest(name) { Framework = "noop", Replicas = 0 }).ToArray();
        var spec = _spec with { Models = [.. _spec.Models, .. more.Select(m => m.ToSpec(null))], Applications = [.. _spec.Applications, .. more.Select(m => m.ToApplication())] };
        using var answer = await _admin.PutAsJsonAsync("api/v1/spec", spec, CoreJson.Default.ClusterSpec, stop);
        await ExpectSuccessAsync(answer, stop);
        await SettleAsync(spec.Models.Count, stop);
    }

    /// <summary>Adds applications to those of the models.</summary>
    public async Task AddApplicationsAsync(IEnumerable<ApplicationSpec> more, CancellationToken stop)
    {
        _spec = _spec with { Applications = [.. _spec.Applications, .. more] };
        using var answer = await _admin.PutAsJsonAsync("api/v1/spec", _spec, CoreJson.Default.ClusterSpec, stop);
        await ExpectSuccessAsync(answer, stop);
        await SettleAsync(_spec.Models.Count, stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _admin.Dispose();
        DeleteState(_state);
    }

    // Stored artefacts are read-only, and what lies in a read-only folder cannot be deleted.
    private static void DeleteState(string state)
    {
        foreach (var folder in Directory.EnumerateDirectories(state, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(state, recursive: true);
    }

    private static async Task<Uri> AddressAsync(ChildProgram host, string surface, CancellationToken stop)
    {
        var marker = $"{surface} listens on ";
        return new Uri(await host.WaitForLineAsync(line => line.IndexOf(marker, StringComparison.Ordinal) is var at and >= 0 ? line[(at + marker.Length)..].Trim() : null, stop));
    }

    private async Task ApplyAsync(string root, IReadOnlyList<ModelUnderTest> models, string runtime, CancellationToken stop)
    {
        var digests = new Dictionary<string, string>();
        foreach (var artefact in models.Select(m => m.Artefact).OfType<string>().Distinct())
        {
            digests[artefact] = await UploadAsync(Path.Combine(root, artefact), stop);
        }

        var spec = new ClusterSpec
        {
            Name = "benchmark",
            Runtime = runtime,
            Models = [.. models.Select(m => m.ToSpec(m.Artefact is null ? null : digests[m.Artefact]))],
            Applications = [.. models.Select(m => m.ToApplication())],
        };
        using var answer = await _admin.PutAsJsonAsync("api/v1/spec", spec, CoreJson.Default.ClusterSpec, stop);
        await ExpectSuccessAsync(answer, stop);
        _spec = spec;
        Containers = models.Sum(m => m.Replicas);
        await SettleAsync(models.Count, stop);
    }

    private async Task<string> UploadAsync(string path, CancellationToken stop)
    {
        using var content = new StreamContent(File.OpenRead(path));
        using var answer = await _admin.PostAsync($"api/v1/artefacts?name={Uri.EscapeDataString(Path.GetFileName(path))}&kind=file", content, stop);
        await ExpectSuccessAsync(answer, stop);
        return (await answer.Content.ReadFromJsonAsync(CoreJson.Default.UploadResult, stop))!.Digest;
    }

    private async Task SettleAsync(int models, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(ReadyTimeout, TimeProvider.System);
        while (await StatusAsync(stop) is var status && !(status.Settled && status.Models.Count == models))
        {
            if (timeout.IsCancellationRequested)
            {
                throw new BenchmarkException($"not every model was Ready within {ReadyTimeout}: {JsonSerializer.Serialize(status, CoreJson.Default.ClusterStatus)}");
            }

            await Task.Delay(Poll, TimeProvider.System, stop);
        }
    }

    private async Task<IEnumerable<string>> AddressesAsync(string model, CancellationToken stop) =>
        (await StatusAsync(stop)).Models.Single(m => m.Name == model).Versions.Single().Replicas.Where(r => r.Phase == ReplicaPhase.Ready)
            .Select(r => r.Address ?? throw new BenchmarkException($"{model}: a replica has no address"));

    private async Task<ClusterStatus> StatusAsync(CancellationToken stop) =>
        await _admin.GetFromJsonAsync("api/v1/status", CoreJson.Default.ClusterStatus, stop) ?? throw new BenchmarkException("the admin API answered null");

    private static async Task ExpectSuccessAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchmarkException($"{answer.RequestMessage?.RequestUri?.AbsolutePath}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }
}
