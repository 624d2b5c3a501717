using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Docker.Engine;

/// <summary>Where an engine listens. A closed set: a Unix socket, or TCP with or without TLS.</summary>
internal sealed record EngineEndpoint
{
    /// <summary>Path of the Unix socket; null: <see cref="Host"/> and <see cref="Port"/>.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Host of a TCP endpoint; empty for a socket.</summary>
    public string Host { get; init; } = "";

    /// <summary>Port of a TCP endpoint.</summary>
    public int Port { get; init; }

    /// <summary>TLS settings; null: plain.</summary>
    public EngineTls? Tls { get; init; }

    /// <summary>Whether the engine's machine is surely this one: only then do its bind mounts, bridge addresses and loopback ports mean ours.</summary>
    public bool IsLocalSocket => SocketPath is not null;

    /// <summary>Base of every call. The host of a socket is only a name for the Host header.</summary>
    public Uri BaseUri => SocketPath is not null ? new Uri("http://docker/") : new UriBuilder(Tls is null ? "http" : "https", Host, Port).Uri;

    /// <summary>As DOCKER_HOST writes it.</summary>
    public override string ToString() => SocketPath is not null ? $"unix://{SocketPath}" : $"tcp://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}

/// <summary>Certificates for an engine behind TLS.</summary>
/// <param name="Client">What we show it, with its key; null: nothing.</param>
/// <param name="Authorities">Who may have signed its certificate; null: whoever the system trusts.</param>
/// <param name="Verify">False: any certificate is taken (DOCKER_TLS_VERIFY unset).</param>
internal sealed record EngineTls(X509Certificate2? Client, X509Certificate2Collection? Authorities, bool Verify);

/// <summary>The settings that say where the engine is are wrong; the message says which and what was expected.</summary>
internal sealed class EngineEndpointException(string message, Exception? innerException = null) : Exception(message, innerException);
