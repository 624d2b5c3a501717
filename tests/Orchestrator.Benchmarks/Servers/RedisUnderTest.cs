using System.Net;
using System.Net.Sockets;
using Orchestrator.Benchmarks.Cluster;

namespace Orchestrator.Benchmarks.Servers;

/// <summary>A real redis-server on a free port of the loopback, that keeps nothing on disk.</summary>
internal sealed class RedisUnderTest : IAsyncDisposable
{
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

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
