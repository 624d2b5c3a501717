using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Docker.Engine;

/// <summary>Reads where the engine is from the variables that Docker's own client reads: DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH.</summary>
internal static class EngineEndpointReader
{
    public const string DefaultSocket = "/var/run/docker.sock";

    private const int PlainPort = 2375;
    private const int TlsPort = 2376;
    private const string Expected = "expected unix:///path/of/docker.sock, tcp://host:port, or nothing for unix://" + DefaultSocket;

    /// <exception cref="EngineEndpointException">A variable cannot be used.</exception>
    public static EngineEndpoint Read(Func<string, string?> environment)
    {
        var host = environment("DOCKER_HOST");
        if (string.IsNullOrWhiteSpace(host))
        {
            return new EngineEndpoint { SocketPath = DefaultSocket };
        }

        var (scheme, remainder) = Cut(host.Trim());
        return scheme switch
        {
            "unix" when remainder.StartsWith('/') => new EngineEndpoint { SocketPath = remainder },
            "tcp" or "http" or "https" => ReadTcp(host, remainder, ReadTls(environment, scheme == "https")),
            "ssh" => throw new EngineEndpointException($"DOCKER_HOST is '{host}', and ssh is not spoken here; forward its socket (ssh -L /tmp/docker.sock:/var/run/docker.sock host) and name unix:///tmp/docker.sock."),
            _ => throw new EngineEndpointException($"DOCKER_HOST is '{host}'; {Expected}."),
        };
    }

    private static (string Scheme, string Remainder) Cut(string host)
    {
        var at = host.IndexOf("://", StringComparison.Ordinal);
        return at < 0 ? ("", host) : (host[..at].ToLowerInvariant(), host[(at + 3)..]);
    }

    private static EngineEndpoint ReadTcp(string host, string remainder, EngineTls? tls)
    {
        if (!Uri.TryCreate($"tcp://{remainder}", UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath.Length > 1)
        {
            throw new EngineEndpointException($"DOCKER_HOST is '{host}'; {Expected}.");
        }

        var port = uri.Port > 0 ? uri.Port : tls is null ? PlainPort : TlsPort;
        return new EngineEndpoint { Host = uri.Host.Trim('[', ']'), Port = port, Tls = tls };
    }

    // As Docker's client: certificates turn TLS on, DOCKER_TLS_VERIFY turns checking the engine's certificate on.
    private static EngineTls? ReadTls(Func<string, string?> environment, bool isDemanded)
    {
        var folder = environment("DOCKER_CERT_PATH");
        var verify = !string.IsNullOrEmpty(environment("DOCKER_TLS_VERIFY"));
        if (string.IsNullOrEmpty(folder))
        {
            folder = verify && environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".docker") : null;
        }

        return folder is not null ? ReadCertificates(folder, verify) : isDemanded ? new EngineTls(null, null, Verify: true) : null;
    }

    private static EngineTls ReadCertificates(string folder, bool verify)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Path.Combine(folder, "ca.pem"));
            using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
            // A key that is only in memory is refused by some TLS stacks; through PKCS 12 it is taken by all.
            var client = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            return new EngineTls(client, authorities, verify);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new EngineEndpointException(
                string.Create(CultureInfo.InvariantCulture, $"DOCKER_CERT_PATH is '{folder}': {e.Message} Expected ca.pem, cert.pem and key.pem in it."), e);
        }
    }
}
