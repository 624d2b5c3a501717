using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A real orchestrator: the Host as a process with real containers, on ports and in a folder of its own. Ends everything it started.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(3);

    private readonly string _state;
    private readonly bool _ownsState;
    private Process _host;

    private readonly string[] _more;
    private readonly IReadOnlyDictionary<string, string>? _environment;

    private Cluster(Process host, string state, bool ownsState, string runtime, int queryPort, int adminPort, string[] more, IReadOnlyDictionary<string, string>? environment)
    {
        _more = more;
        _environment = environment;
        Runtime = runtime;
        _host = host;
        _state = state;
        _ownsState = ownsState;
        Url = $"http://127.0.0.1:{queryPort}";
        Admin = $"http://127.0.0.1:{adminPort}";
    }

    public string Url { get; }

    public string Admin { get; }

    public string State => _state;

    /// <summary>Where its containers run.</summary>
    public string Runtime { get; }

    public int ProcessId => _host.Id;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Starts a Host; with <paramref name="file"/> applies it and waits until everything in it is ready.</summary>
    /// <param name="file">Applied; null: nothing is.</param>
    /// <param name="state">Folder that is kept; null: one of its own.</param>
    /// <param name="runtime">Where its containers run.</param>
    /// <param name="more">More options of the Host.</param>
    /// <param name="dockerHost">How the engine is reached; null: by the test engine's socket.</param>
    /// <param name="environment">More variables of the Host.</param>
    public static async Task<Cluster> StartAsync(
        string? file = null, string? state = null, string runtime = Runtimes.Process, string[]? more = null, string? dockerHost = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = state ?? Directory.CreateTempSubdirectory("orchestrator-e2e-").FullName;
        int query = FreePort(), admin = FreePort();
        var cluster = new Cluster(StartHost(query, admin, folder, runtime, more ?? [], dockerHost, environment), folder, state is null, runtime, query, admin, more ?? [], environment);
        try
        {
            await cluster.WaitAsync(async () => (await cluster.Http.GetAsync($"{cluster.Admin}/healthz")).StatusCode == HttpStatusCode.OK, "the admin API answers");
            await cluster.WaitForQueriesAsync();
            if (file is not null)
            {
                (await cluster.OrchAsync("apply", "-f", file, "--no-wait")).ShouldSucceed();
                await cluster.WaitUntilSettledAsync();
            }
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return cluster;
    }

    /// <summary>The admin port listens first, and answers before the query port does.</summary>
    private async Task WaitForQueriesAsync()
    {
        if (_more.Contains("control"))
        {
            return;
        }

        await WaitAsync(
            async () =>
            {
                using var answer = await Http.GetAsync($"{Url}/v2/health/live");
                return true;
            },
            "the query port answers");
    }

    public async Task<ClusterStatus> StatusAsync() =>
        (await Http.GetFromJsonAsync($"{Admin}/api/v1/status", CoreJson.Default.ClusterStatus))!;

    public Task WaitUntilSettledAsync() => WaitAsync(async () => (await StatusAsync()).Settled, "everything desired is reached");

    /// <summary>Looks every 50 ms until it is so, and fails with the status if it does not come true in time.</summary>
    public async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet, or not any more: the time limit decides.
            }

            if (TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
            {
                throw new TimeoutException($"not within {ReadyWithin}: {what}; status: {await DescribeAsync()}; host log: {Log}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>Runs <c>orch</c> against this cluster.</summary>
    public Task<CommandResult> OrchAsync(params string[] arguments) => CommandResult.RunAsync(
        "dotnet",
        [Repository.Binary("Orchestrator.Cli", "orch.dll"), .. arguments],
        new Dictionary<string, string> { ["ORCHESTRATOR_ADMIN"] = Admin, ["ORCHESTRATOR_URL"] = Url, ["NO_COLOR"] = "1" });

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var response = await Http.PostAsync(Url + path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    /// <summary>Runs the contract's checks against a replica, over TCP or its socket.</summary>
    public Task<CommandResult> CheckAsync(ReplicaStatus replica, string model) => replica.Address!.StartsWith("unix:", StringComparison.Ordinal)
        ? OrchAsync("container", "check", "http://container", "--socket", replica.Address["unix:".Length..], "--model", model)
        : OrchAsync("container", "check", $"http://{replica.Address}", "--model", model);

    /// <summary>kill -9 of a container's first process.</summary>
    public async Task KillContainerAsync(string id)
    {
        if (Runtime == Runtimes.Docker)
        {
            await TestEngine.PostAsync($"/containers/{id}/kill?signal=KILL");
            return;
        }

        using var kill = Process.Start("kill", ["-KILL", id]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>kill -9 of the Host; nothing is told to it.</summary>
    public void Kill() => _host.Kill();

    /// <summary>Starts the Host again on the same ports and folder.</summary>
    public async Task RestartAsync()
    {
        await _host.WaitForExitAsync();
        _host.Dispose();
        _host = StartHost(new Uri(Url).Port, new Uri(Admin).Port, _state, Runtime, _more, environment: _environment);
        await WaitAsync(async () => (await Http.GetAsync($"{Admin}/healthz")).StatusCode == HttpStatusCode.OK, "the admin API answers again");
        await WaitForQueriesAsync();
    }

    public string Log => File.Exists(LogPath) ? string.Join('\n', File.ReadLines(LogPath).TakeLast(40)) : "(none)";

    private string LogPath => Path.Combine(_state, "host.log");

    /// <summary>Whether the Host has ended, and its exit code.</summary>
    public (bool HasEnded, int Code) End => _host.HasExited ? (true, _host.ExitCode) : (false, 0);

    /// <summary>SIGTERM, the way an operator ends it, and waits for its end.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _host.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40), TimeProvider.System);
        try
        {
            await _host.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _host.Kill();
            throw new TimeoutException($"the Host did not end within 40 s of SIGTERM; log: {Log}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_host.HasExited)
        {
            // Containers must be gone when it is.
            await StopAsync();
        }

        Http.Dispose();
        _host.Dispose();
        if (_ownsState)
        {
            await CommandResult.RunAsync("rm", ["-rf", _state]);
        }
    }

    private async Task<string> DescribeAsync()
    {
        try
        {
            return JsonSerializer.Serialize(await StatusAsync(), CoreJson.Default.ClusterStatus);
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
    }

    private static Process StartHost(int queryPort, int adminPort, string state, string runtime, string[] more, string? dockerHost = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "host", Path.Combine(state, "host.log"),
                "dotnet", Repository.Binary("Orchestrator.Host", "Orchestrator.Host.dll"),
                "--query-port", $"{queryPort}", "--admin-port", $"{adminPort}", "--state", Path.Combine(state, "state"), "--containers", Path.Combine(Repository.Root, "containers"),
                "--runtime", runtime,
            },
        };
        foreach (var argument in more)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        if (runtime == Runtimes.Docker)
        {
            start.Environment["DOCKER_HOST"] = dockerHost ?? $"unix://{TestEngine.Socket}";
        }

        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
