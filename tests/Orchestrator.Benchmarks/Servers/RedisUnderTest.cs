using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Orchestrator.Benchmarks.Cluster;

namespace Orchestrator.Benchmarks.Servers;

/// <summary>A real redis-server on a free port of the loopback, that keeps nothing on disk.</summary>
internal sealed partial class RedisUnderTest : IAsyncDisposable
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private readonly ChildProgram _program;

    private RedisUnderTest(ChildProgram program, int port)
    {
        _program = program;
        Endpoint = $"127.0.0.1:{port}";
    }

    public string Endpoint { get; }

    public static async Task<RedisUnderTest> StartAsync(BenchmarkOptions options, CancellationToken stop)
    {
        var port = FreePort();
        var program = await ChildProgram.StartAsync(
            ["redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", options.Output],
            new Dictionary<string, string>(), Path.Combine(options.Output, "redis.log"));
        var server = new RedisUnderTest(program, port);
        try
        {
            await program.WaitForLineAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal) ? line : null, stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGSTOP: its sockets stay open, and nothing answers.</summary>
    public void Hang() => _ = Kill(_program.Id, StopSignal);

    public void Resume() => _ = Kill(_program.Id, ContinueSignal);

    public ValueTask DisposeAsync()
    {
        Resume();
        return _program.DisposeAsync();
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
