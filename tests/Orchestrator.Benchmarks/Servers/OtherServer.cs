using System.Net;
using System.Net.Sockets;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;

namespace Orchestrator.Benchmarks.Servers;

/// <summary>A server that the orchestrator is compared with, in a process (or several) of its own.</summary>
internal sealed class OtherServer : IAsyncDisposable
{
    private const string Marker = "listens on ";
    private const string Python = "/usr/bin/python3";
    private const string Workers = "2";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly ChildProgram _program;

    private OtherServer(ChildProgram program, Uri address)
    {
        _program = program;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Its process and the workers below it.</summary>
    public IReadOnlyList<int> Processes => [_program.Id, .. CpuTime.ChildrenOf(_program.Id)];

    /// <summary>A web server that parses the body and answers.</summary>
    public static Task<OtherServer> BareKestrelAsync(BenchmarkOptions options, CancellationToken stop) => OwnAsync(options, ["bare-kestrel"], stop);

    /// <summary>A proxy in front of <paramref name="destination"/>.</summary>
    public static Task<OtherServer> BareYarpAsync(BenchmarkOptions options, Uri destination, CancellationToken stop) =>
        OwnAsync(options, ["bare-yarp", destination.GetLeftPart(UriPartial.Authority)], stop);

    /// <summary>FastAPI with two workers of uvicorn, uvloop and httptools.</summary>
    public static Task<OtherServer> FastApiAsync(BenchmarkOptions options, string model, CancellationToken stop) => PeerAsync(
        options,
        "fastapi",
        port => [Python, "-m", "uvicorn", "fastapi_app:app", "--workers", Workers, "--host", "127.0.0.1", "--port", $"{port}", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
        model,
        stop);

    /// <summary>Flask with two workers of gunicorn, which keep connections open in threads.</summary>
    public static Task<OtherServer> FlaskAsync(BenchmarkOptions options, string model, CancellationToken stop) => PeerAsync(
        options,
        "flask",
        port => [Python, "-m", "gunicorn", "flask_app:app", "--workers", Workers, "--worker-class", "gthread", "--threads", "32", "--bind", $"127.0.0.1:{port}", "--keep-alive", "30", "--log-level", "warning"],
        model,
        stop);

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static async Task<OtherServer> OwnAsync(BenchmarkOptions options, string[] arguments, CancellationToken stop)
    {
        var program = await ChildProgram.StartDotnetAsync(typeof(OtherServer).Assembly.Location, arguments, Path.Combine(options.Output, arguments[0] + ".log"));
        return await OrEndAsync(program, async () => new Uri(
            await program.WaitForLineAsync(line => line.StartsWith(Marker, StringComparison.Ordinal) ? line[Marker.Length..] : null, stop)));
    }

    private static async Task<OtherServer> PeerAsync(BenchmarkOptions options, string name, Func<int, string[]> command, string model, CancellationToken stop)
    {
        var port = FreePort();
        var environment = new Dictionary<string, string>
        {
            ["PYTHONPATH"] = Path.Combine(options.Root, "tests", "Orchestrator.Benchmarks", "Peers"),
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["MODEL"] = Path.Combine(options.Root, model),
            ["OMP_NUM_THREADS"] = "1",
        };
        var log = Path.Combine(options.Output, name + ".log");
        var program = await ChildProgram.StartAsync(command(port), environment, log);
        return await OrEndAsync(program, async () =>
        {
            var address = new Uri($"http://127.0.0.1:{port}");
            await WaitUntilItAnswersAsync(address, log, stop);
            return address;
        });
    }

    private static async Task<OtherServer> OrEndAsync(ChildProgram program, Func<Task<Uri>> addressAsync)
    {
        try
        {
            return new OtherServer(program, await addressAsync());
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    // Every worker must have loaded its model: each question goes over a connection of its own, which any of them may take.
    private static async Task WaitUntilItAnswersAsync(Uri address, string log, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(StartTimeout, TimeProvider.System);
        var body = DigitRows.Blank;
        for (var answered = 0; answered < 10;)
        {
            if (timeout.IsCancellationRequested)
            {
                throw new BenchmarkException($"{address} did not answer within {StartTimeout}; see {log}");
            }

            using var http = new HttpClient();
            try
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new("application/json");
                using var answer = await http.PostAsync(new Uri(address, "/predict"), content, stop);
                answered += answer.IsSuccessStatusCode ? 1 : throw new BenchmarkException($"{address}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Poll, TimeProvider.System, stop);
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
