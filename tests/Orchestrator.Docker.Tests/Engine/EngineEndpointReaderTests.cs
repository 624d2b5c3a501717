using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Engine;

public sealed class EngineEndpointReaderTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private static EngineEndpoint Read(params (string Name, string Value)[] variables) =>
        EngineEndpointReader.Read(name => variables.FirstOrDefault(v => v.Name == name).Value);

    [Theory]
    [InlineData(null, "unix:///var/run/docker.sock")]
    [InlineData("", "unix:///var/run/docker.sock")]
    [InlineData("unix:///tmp/d.sock", "unix:///tmp/d.sock")]
    [InlineData("tcp://engine:1234", "tcp://engine:1234")]
    [InlineData("tcp://engine", "tcp://engine:2375")]
    [InlineData("tcp://[::1]:99", "tcp://[::1]:99")]
    [InlineData("https://engine", "tcp://engine:2376")]
    public void Host_Known_IsThatEndpoint(string? host, string expected) => Read(("DOCKER_HOST", host!)).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("ssh://user@engine", "ssh -L")]
    [InlineData("npipe:////./pipe/docker_engine", "expected unix:///path")]
    [InlineData("engine:1234", "expected unix:///path")]
    [InlineData("unix://relative", "expected unix:///path")]
    [InlineData("tcp://engine/path", "expected unix:///path")]
    public void Host_Unknown_IsRefusedWithWhatWasExpected(string host, string expected) =>
        Should.Throw<EngineEndpointException>(() => Read(("DOCKER_HOST", host))).Message.ShouldContain(expected);

    [Fact]
    public void CertificatePath_NoCertificatesThere_SaysWhatWasExpected() =>
        Should.Throw<EngineEndpointException>(() => Read(("DOCKER_HOST", "tcp://engine"), ("DOCKER_CERT_PATH", "/nowhere"))).Message.ShouldContain("Expected ca.pem, cert.pem and key.pem");

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, false, true)]
    public async Task Tls_EngineBehindIt_IsCheckedIfDockerTlsVerifyIsSet(bool verify, bool signedByOurs, bool succeeds)
    {
        using var folder = new CertificateFolder();
        using var stranger = CertificateFolder.CreateAuthority("stranger");
        await using var server = await StartAsync(folder.CreateServer(signedByOurs ? folder.Authority : stranger));
        var port = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        var endpoint = Read(("DOCKER_HOST", $"tcp://localhost:{port}"), ("DOCKER_CERT_PATH", folder.Path), ("DOCKER_TLS_VERIFY", verify ? "1" : ""));
        using var engine = new EngineClient(endpoint, TimeProvider.System);
        if (succeeds)
        {
            (await engine.VersionAsync(Test)).ToString().ShouldBe("1.43");
        }
        else
        {
            await Should.ThrowAsync<EngineUnreachableException>(() => engine.VersionAsync(Test).AsTask());
        }
    }

    private static async Task<WebApplication> StartAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.AllowAnyClientCertificate();
        })));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync(context.Connection.ClientCertificate!.Subject == "CN=client" ? """{"ApiVersion":"1.43","MinAPIVersion":"1.24"}""" : "{}"));
        await app.StartAsync(Test);
        return app;
    }

    /// <summary>What DOCKER_CERT_PATH names, made for one test.</summary>
    private sealed class CertificateFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestrator-certs-");

        public CertificateFolder()
        {
            Authority = CreateAuthority("ours");
            using var key = RSA.Create(2048);
            using var client = Sign(new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Authority);
            File.WriteAllText(System.IO.Path.Combine(Path, "ca.pem"), Authority.ExportCertificatePem());
            File.WriteAllText(System.IO.Path.Combine(Path, "cert.pem"), client.ExportCertificatePem());
            File.WriteAllText(System.IO.Path.Combine(Path, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        }

        public string Path => _folder.FullName;

        public X509Certificate2 Authority { get; }

        public static X509Certificate2 CreateAuthority(string name)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        }

        public X509Certificate2 CreateServer(X509Certificate2 authority)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            using var signed = Sign(request, authority);
            using var withKey = signed.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        }

        public void Dispose()
        {
            Authority.Dispose();
            _folder.Delete(recursive: true);
        }

        private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 authority) =>
            request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
    }
}
