using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Container;

/// <summary>Where to listen.</summary>
internal static class ListenAddress
{
    /// <exception cref="ConfigurationException">The host has no address, or another process listens on the socket.</exception>
    public static async Task<EndPoint> ResolveAsync(ContainerSettings settings)
    {
        if (settings.Socket is { } path)
        {
            await RemoveLeftOverAsync(settings, path).ConfigureAwait(false);
            return new UnixDomainSocketEndPoint(path);
        }

        if (IPAddress.TryParse(settings.Host, out var address))
        {
            return new IPEndPoint(address, settings.Port);
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(settings.Host).ConfigureAwait(false);
            var best = Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found.FirstOrDefault();
            return best is null ? throw new ConfigurationException($"ORCHESTRATOR_HOST is '{settings.Host}', which has no address") : new IPEndPoint(best, settings.Port);
        }
        catch (SocketException failure)
        {
            throw new ConfigurationException($"ORCHESTRATOR_HOST is '{settings.Host}', which has no address ({failure.Message}); expected an IP address or a name such as localhost", failure);
        }
    }

    public static ConfigurationException CannotListen(ContainerSettings settings, Exception failure) => new(
        $"cannot listen on {settings.Socket ?? $"{settings.Host}:{settings.Port}"}: {failure.Message}; choose another ORCHESTRATOR_PORT, ORCHESTRATOR_HOST or ORCHESTRATOR_SOCKET", failure);

    /// <summary>The socket file of a killed process exists but refuses connections.</summary>
    private static async Task RemoveLeftOverAsync(ContainerSettings settings, string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(new UnixDomainSocketEndPoint(path)).ConfigureAwait(false);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path).Length == 0)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException failure)
        {
            throw CannotListen(settings, failure);
        }

        throw CannotListen(settings, new IOException("another process listens on it"));
    }
}
