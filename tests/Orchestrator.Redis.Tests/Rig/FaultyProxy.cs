using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>Stands between client and server: passes everything on, late if told, or cuts a reply in the middle.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _tasks = [];
    private readonly int _target;
    private long _delayTicks;
    private int _cut;
    private bool _isCut;

    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _tasks.Add(AcceptAsync());
    }

    public string Endpoint => _listener.LocalEndpoint.ToString()!;

    /// <summary>Added to every piece of a reply.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _delayTicks));
        set => Volatile.Write(ref _delayTicks, value.Ticks);
    }

    /// <summary>Whether nothing passes: what is open breaks with the next byte, and nothing new is let through.</summary>
    public bool IsCut
    {
        get => Volatile.Read(ref _isCut);
        set => Volatile.Write(ref _isCut, value);
    }

    /// <summary>Half of the next reply is passed on, then the connection is reset.</summary>
    public void CutNextReply() => Volatile.Write(ref _cut, 1);

    /// <summary>Whether a reply was cut since <see cref="CutNextReply"/>.</summary>
    public bool HasCut => Volatile.Read(ref _cut) == 0;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Task[] tasks;
        lock (_tasks)
        {
            tasks = [.. _tasks];
        }

        await Task.WhenAll(tasks);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                lock (_tasks)
                {
                    _tasks.Add(ServeAsync(client));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                if (IsCut)
                {
                    return;
                }

                await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                await Task.WhenAny(PumpAsync(client, server, false), PumpAsync(server, client, true));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // A server that is away, or the end of the test.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer, _end.Token)) > 0;)
            {
                if (IsCut)
                {
                    return;
                }

                if (isReply && Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, TimeProvider.System, _end.Token);
                }

                if (isReply && Interlocked.Exchange(ref _cut, 0) == 1)
                {
                    await to.SendAsync(buffer.AsMemory(0, count / 2), _end.Token);
                    to.LingerState = new LingerOption(true, 0);
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side is gone: so is the other, with the connection.
        }
    }
}
