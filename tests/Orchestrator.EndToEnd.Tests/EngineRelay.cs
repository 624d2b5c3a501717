using System.Net;
using System.Net.Sockets;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The test engine behind a TCP port of loopback: for the orchestrator an engine elsewhere, whose disk and bridges it cannot reach.</summary>
internal sealed class EngineRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    public EngineRelay()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>For DOCKER_HOST.</summary>
    public string Address => $"tcp://{_listener.LocalEndpoint}";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                relays.Add(RelayAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        await Task.WhenAll(relays);
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(TestEngine.Socket), _stopping.Token);
                await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // One side went: so does the other.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        await using var source = new NetworkStream(from);
        await using var target = new NetworkStream(to);
        await source.CopyToAsync(target, _stopping.Token);
        to.Shutdown(SocketShutdown.Send);
    }
}
