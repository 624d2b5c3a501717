using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A Redis that speaks TLS, with a certificate of an authority made for the test, and wants a password.</summary>
public sealed class RedisTlsTests : IAsyncLifetime
{
    private const string Password = "open-sesame-4711";
    private const string File = """
        models:
          - name: echo
            version: "1"
            framework: noop
        applications:
          - name: echo
            slo: 5s
            model: echo
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-tls-").FullName;
    private readonly int _port = FreePort();
    private RedisServer _redis = null!;

    private string Authority => Path.Combine(_folder, "authority.pem");

    public async ValueTask InitializeAsync()
    {
        var (certificate, key) = MakeCertificate();
        _redis = await RedisServer.StartAsync(
            Password, "--tls-port", $"{_port}", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", Authority, "--tls-auth-clients", "no");
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Trusted_RegistryAndAnswersAreThere_AndThePasswordIsNowhere()
    {
        await using var file = await ClusterFile.WriteAsync(File);
        await using var cluster = await Cluster.StartAsync(file.Path, more: Options, environment: new Dictionary<string, string>(Secret) { ["SSL_CERT_FILE"] = Authority });
        (await cluster.OrchAsync("predict", "echo", "[1]")).ShouldSucceed();
        await cluster.WaitAsync(async () => (await _redis.AskAsync("EVAL \"return #redis.call('KEYS', 'orchestrator:p1:*')\" 0")) == ":1\r\n", "the answer is in Redis");
        (await _redis.AskAsync("HGET orchestrator:{control}:registry revision")).ShouldContain("1");
        var said = string.Join('\n', cluster.Log, await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/status"), await cluster.Http.GetStringAsync($"{cluster.Admin}/metrics"),
            await cluster.Http.GetStringAsync($"{cluster.Admin}/readyz"), (await cluster.OrchAsync("status")).Output, await _redis.AskAsync("HGET orchestrator:{control}:registry desired"));
        said.ShouldNotContain(Password);
    }

    [Fact]
    public async Task NotTrusted_IsSaid_AndNothingIsSent()
    {
        await using var cluster = await Cluster.StartAsync(more: Options, environment: Secret);
        await cluster.WaitAsync(async () => (await cluster.StatusAsync()).Problem?.Contains("TLS failed", StringComparison.Ordinal) == true, "the status says that TLS failed");
        (await _redis.AskAsync("DBSIZE")).ShouldBe(":0\r\n");
        cluster.Log.ShouldNotContain(Password);
    }

    private string[] Options => ["--redis", $"127.0.0.1:{_port}", "--redis-tls", "true"];

    private static Dictionary<string, string> Secret => new() { ["ORCHESTRATOR_REDIS_PASSWORD"] = Password };

    private (string Certificate, string Key) MakeCertificate()
    {
        var (from, to) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = authority.CreateSelfSigned(from, to);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(root, from, to, [1, 2, 3, 4]);
        var (certificatePath, keyPath) = (Path.Combine(_folder, "redis.pem"), Path.Combine(_folder, "redis.key"));
        System.IO.File.WriteAllText(Authority, root.ExportCertificatePem());
        System.IO.File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return (certificatePath, keyPath);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
