using System.Net;
using System.Net.Sockets;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Probing;

/// <summary>HTTP to one container, over TCP or its Unix socket.</summary>
internal static class ContainerConnection
{
    /// <summary>A client of its own per container: connections to different sockets behind one host name must never be pooled together.</summary>
    public static HttpClient Open(ContainerAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseProxy = false,
            UseCookies = false,
            // A probe comes every few seconds; what a server closed meanwhile shall not be found out by a failed probe.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
        };
        if (address.SocketPath is { } path)
        {
            handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(path, cancellationToken);
        }

        return new HttpClient(handler, disposeHandler: true) { BaseAddress = address.BaseUri, Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
