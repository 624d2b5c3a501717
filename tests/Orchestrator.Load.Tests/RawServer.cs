using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Load.Tests;

/// <summary>A server on a raw socket that answers each request with exactly the bytes that a test wants, in the pieces that it wants.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Func<int, string, Task<Reply>> _answer;
    private readonly Task _accepting;
    private int _requests;
    private int _accepted;

    /// <summary>Starts with an answer function: number of the request from 0 in order of arrival, and its body.</summary>
    public RawServer(Func<int, string, Task<Reply>> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public RawServer(Func<int, string, Reply> answer)
        : this((number, body) => Task.FromResult(answer(number, body)))
    {
    }

    public Uri Uri => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/app/predict?x=1");

    public int Accepted => Volatile.Read(ref _accepted);

    public string? FirstHead { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var owned = socket;
        try
        {
            while (await ReadRequestAsync(socket) is { } body)
            {
                var reply = await _answer(Interlocked.Increment(ref _requests) - 1, body);
                foreach (var piece in reply.Pieces)
                {
                    await socket.SendAsync(Encoding.Latin1.GetBytes(piece), _stop.Token);
                }

                if (reply.Close)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client or the test is gone.
        }
    }

    private async Task<string?> ReadRequestAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
            if (received == 0)
            {
                return null;
            }

            length += received;
            var text = Encoding.Latin1.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }

            var size = int.Parse(text.Split("\r\nContent-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);
            if (text.Length == end + 4 + size)
            {
                FirstHead ??= text[..(end + 4)];
                return text[(end + 4)..];
            }
        }
    }
}

/// <summary>What the server sends for one request.</summary>
internal sealed record Reply(string[] Pieces, bool Close = false)
{
    public static Reply Status(int status, string body) => new([Text(status, body)]);

    public static Reply Ok(string body) => Status(200, body);

    public static string Text(int status, string body, string headers = "") =>
        $"HTTP/1.1 {status} Some Reason\r\nContent-Type: application/json\r\n{headers}content-length: {body.Length}\r\n\r\n{body}";
}
