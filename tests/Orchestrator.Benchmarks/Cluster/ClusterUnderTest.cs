using System.Net.Http.Json;
using System.Text.Json;

using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>A real orchestrator in a process of its own, with real scikit-learn containers as its children.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    /// <summary>The latency objective of the forest's applications.</summary>
    public static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(20);

    /// <summary>A model and application whose answers are cached; fast.</summary>
    public const string Cached = "digits-cached";

    /// <summary>A model and application of the same estimator without cache.</summary>
    public const string Plain = "digits-plain";

    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private readonly ChildProgram _host;
    private readonly HttpClient _admin;
    private readonly string _state;

    private ClusterUnderTest(ChildProgram host, HttpClient admin, Uri query, string state)
    {
        _host = host;
        _admin = admin;
        _state = state;
        Query = query;
    }

    /// <summary>Address of the query frontend.</summary>
    public Uri Query { get; }

    public int HostId => _host.Id;

    /// <summary>How many containers run: one per model.</summary>
    public int Containers { get; private set; }

    /// <summary>The forest's application (and model) with that batching policy.</summary>
    public static string Forest(string policy) => "forest-" + policy;

    public Uri Predict(string application) => new(Query, $"/{application}/predict");

    /// <summary>Starts it and returns once every model is Ready.</summary>
    public static async Task<ClusterUnderTest> StartAsync(BenchmarkOptions options, CancellationToken stop)
    {
        var state = Directory.CreateTempSubdirectory("orchestrator-benchmark-").FullName;
        var program = Path.Combine(options.Root, "artifacts", "bin", "Orchestrator.Host", "release", "Orchestrator.Host.dll");
        var host = await ChildProgram.StartAsync(
            program,
            ["--query-port", "0", "--admin-port", "0", "--state", state, "--containers", Path.Combine(options.Root, "containers")],
            Path.Combine(options.Output, "host.log"));
        try
        {
            var admin = new HttpClient { BaseAddress = await AddressAsync(host, "admin API", stop) };
            var cluster = new ClusterUnderTest(host, admin, await AddressAsync(host, "query frontend", stop), state);
            await cluster.ApplyAsync(Path.Combine(options.Root, "samples", "digits", "models"), stop);
            return cluster;
        }
        catch
        {
            await host.DisposeAsync();
            DeleteState(state);
            throw;
        }
    }

    /// <summary>Where the only replica of a model listens: what a client without an orchestrator would call.</summary>
    public async Task<Uri> ContainerAsync(string model, CancellationToken stop)
    {
        var status = await StatusAsync(stop);
        var replica = status.Models.Single(m => m.Name == model).Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Ready);
        var address = replica.Address ?? throw new BenchmarkException($"{model}: the replica has no address");
        return new Uri($"{(address.Contains("://", StringComparison.Ordinal) ? address.TrimEnd('/') : "http://" + address)}/v2/models/{model}/infer");
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

    private async Task ApplyAsync(string models, CancellationToken stop)
    {
        var forest = await UploadAsync(Path.Combine(models, "digits-forest.joblib"), stop);
        var logistic = await UploadAsync(Path.Combine(models, "digits-v1.joblib"), stop);
        string[] policies = ["none", "aimd", "quantile"];
        var spec = new ClusterSpec
        {
            Name = "benchmark",
            Models =
            [
                .. policies.Select(policy => Model(Forest(policy), forest, policy, cached: false)),
                Model(Cached, logistic, BatchingSpec.DefaultPolicy, cached: true),
                Model(Plain, logistic, BatchingSpec.DefaultPolicy, cached: false),
            ],
            Applications =
            [
                .. policies.Select(policy => Application(Forest(policy), Slo)),
                // Not about deadlines: a stall of the machine must not turn into refused requests.
                Application(Cached, TimeSpan.FromSeconds(1)),
                Application(Plain, TimeSpan.FromSeconds(1)),
            ],
        };
        using var answer = await _admin.PutAsJsonAsync("api/v1/spec", spec, CoreJson.Default.ClusterSpec, stop);
        await ExpectSuccessAsync(answer, stop);
        Containers = spec.Models.Count;
        await SettleAsync(Containers, stop);
    }

    private static ModelSpec Model(string name, string digest, string policy, bool cached) => new()
    {
        Name = name,
        CurrentVersion = "1",
        Versions =
        [
            new ModelVersionSpec
            {
                Version = "1",
                Framework = "sklearn",
                Artefact = new ArtefactSpec { Digest = digest },
                Batching = new BatchingSpec { Policy = policy },
                Cache = new CacheSpec { Enabled = cached },
            },
        ],
    };

    private static ApplicationSpec Application(string name, TimeSpan slo) => new()
    {
        Name = name,
        Slo = new SloSpec { Latency = slo },
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = name }] },
    };

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
