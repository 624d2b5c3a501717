using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Container;

/// <summary>
/// <c>my-container health</c>: asks the container of this environment whether it is live, for an image's HEALTHCHECK (slim images have no curl, and none of their tools speaks
/// to a Unix socket). One socket and no HTTP client: the process lives for some tens of milliseconds and starts again every few seconds.
/// </summary>
internal static class HealthQuestion
{
    /// <summary>The argument that asks.</summary>
    public const string Argument = "health";

    private const int Live = 0;
    private const int NotLive = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>The exit code: 0 it is live, 1 it is not or does not answer within 2 s.</returns>
    public static async Task<int> AskAsync(ContainerSettings settings, TimeProvider time)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            using var socket = settings.Socket is null
                ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            EndPoint where = settings.Socket is null ? new IPEndPoint(IPAddress.Loopback, settings.Port) : new UnixDomainSocketEndPoint(settings.Socket);
            await socket.ConnectAsync(where, patience.Token).ConfigureAwait(false);
            await socket.SendAsync("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), patience.Token).ConfigureAwait(false);
            return await ReadStartAsync(socket, patience.Token).ConfigureAwait(false) == "HTTP/1.1 200" ? Live : NotLive;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return NotLive;
        }
    }

    private static async Task<string> ReadStartAsync(Socket socket, CancellationToken cancellationToken)
    {
        var start = new byte["HTTP/1.1 200".Length];
        var length = 0;
        while (length < start.Length)
        {
            var read = await socket.ReceiveAsync(start.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return Encoding.ASCII.GetString(start, 0, length);
    }
}
