using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>One keep-alive connection that sends whatever bytes it is given and reads one answer; connects again when the server closed.</summary>
internal sealed class RawConnection(Uri server) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private TcpClient? _client;

    /// <summary>Status and text of the answer; null: the server closed without one (allowed only for what is no HTTP).</summary>
    public async Task<(int Status, string Body)?> SendAsync(byte[] request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var isFresh = _client is null;
            try
            {
                var stream = await ConnectAsync(cancellationToken);
                await stream.WriteAsync(request, cancellationToken);
                if (await ReadAnswerAsync(stream, cancellationToken) is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Closed while we wrote: as good as no answer.
            }

            Close();
            if (isFresh || attempt > 0)
            {
                return null;
            }
        }
    }

    public void Dispose() => Close();

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
        {
            _client = new TcpClient { NoDelay = true };
            await _client.ConnectAsync(server.Host, server.Port, cancellationToken);
        }

        return _client.GetStream();
    }

    private async Task<(int Status, string Body)?> ReadAnswerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var (length, headersEnd) = (0, -1);
        while (headersEnd < 0)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            length += read;
            headersEnd = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }

        var headers = Encoding.ASCII.GetString(_buffer, 0, headersEnd);
        var bodyStart = headersEnd + 4;
        var contentLength = Header(headers, "Content-Length") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        while (length < bodyStart + contentLength)
        {
            length += await stream.ReadAsync(_buffer.AsMemory(length), cancellationToken) is > 0 and var read ? read : throw new IOException("closed inside a body");
        }

        if (Header(headers, "Connection") == "close")
        {
            Close();
        }

        return (int.Parse(headers.AsSpan(9, 3), CultureInfo.InvariantCulture), Encoding.UTF8.GetString(_buffer, bodyStart, contentLength));
    }

    private static string? Header(string headers, string name) =>
        headers.Split("\r\n").FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private void Close()
    {
        _client?.Dispose();
        _client = null;
    }
}
