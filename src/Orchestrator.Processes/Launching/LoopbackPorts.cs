using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Processes.Launching;

/// <summary>
/// Chooses free loopback ports. They lie below the range the kernel takes the near ends of outgoing connections from: a container binds its port up to
/// seconds after it was chosen, and under load an outgoing connection would often have taken it by then.
/// </summary>
internal sealed class LoopbackPorts
{
    public const string Host = "127.0.0.1";

    private const int First = 20000;
    private const int End = 32000;
    private const int Attempts = 200;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];

    /// <summary>A port that nobody listens on and that no other container of this runtime was given.</summary>
    /// <exception cref="IOException">None found.</exception>
    public int Take()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            lock (_lock)
            {
                if (!_taken.Add(port))
                {
                    continue;
                }
            }

            if (IsFree(port))
            {
                return port;
            }

            Return(port);
        }

        throw new IOException($"No free port among {First}..{End - 1} on {Host} in {Attempts} attempts; see what listens there with: ss -ltn");
    }

    /// <summary>The container that had it is gone.</summary>
    public void Return(int port)
    {
        lock (_lock)
        {
            _taken.Remove(port);
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
