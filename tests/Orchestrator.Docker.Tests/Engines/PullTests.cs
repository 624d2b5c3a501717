using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Images;

namespace Orchestrator.Docker.Tests.Engines;

[Collection(RealEngineTests.Name)]
[Trait("Needs", "Docker")]
public sealed class PullTests(RealEngine engine)
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Require_MissingImage_IsPulledOnceWithTheLoginOfDockersConfigurationAndProgress()
    {
        await using var registry = await TinyRegistry.StartAsync("ann", "secret");
        using var config = ConfigFolder.With(registry.Host, "ann:secret");
        var supply = new ImageSupply(engine.Client, new RegistryLogins(config.Read, TimeProvider.System));
        var image = $"{registry.Host}/team/model:1";
        Launches.Heard first = new(), second = new();
        var pulls = await Task.WhenAll(supply.RequireAsync(image, first, Test), supply.RequireAsync(image, second, Test));
        pulls[0].Id.ShouldBe(pulls[1].Id);
        pulls[0].Config!.Labels!["from"].ShouldBe("tiny");
        first.Lines[0].ShouldBe($"pulling {image}");
        second.Lines.ShouldNotBeEmpty();
        registry.ManifestsGiven.ShouldBe(1);
        await supply.RequireAsync(image, first, Test);
        registry.ManifestsGiven.ShouldBe(1, "it is there now");
        await engine.Client.Images.RemoveAsync(image, force: true, Test);
    }

    [Fact]
    public async Task Require_NoLogin_FailsInTheRegistrysWords()
    {
        await using var registry = await TinyRegistry.StartAsync("ann", "secret");
        using var config = ConfigFolder.With("elsewhere", "ann:secret");
        var supply = new ImageSupply(engine.Client, new RegistryLogins(config.Read, TimeProvider.System));
        var error = await Should.ThrowAsync<ContainerStartException>(() => supply.RequireAsync($"{registry.Host}/team/model:1", Launches.Silent, Test));
        error.Message.ShouldContain("no basic auth credentials");
    }

    /// <summary>Docker's configuration in a folder of its own.</summary>
    private sealed class ConfigFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestrator-config-");

        public static ConfigFolder With(string registry, string login)
        {
            var config = new ConfigFolder();
            var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
            File.WriteAllText(Path.Combine(config._folder.FullName, "config.json"), $$$"""{"auths":{"{{{registry}}}":{"auth":"{{{auth}}}"} } }""");
            return config;
        }

        public string? Read(string variable) => variable == "DOCKER_CONFIG" ? _folder.FullName : null;

        public void Dispose() => _folder.Delete(recursive: true);
    }

    /// <summary>A registry that holds one image of one small layer, behind a login.</summary>
    private sealed class TinyRegistry : IAsyncDisposable
    {
        private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";
        private readonly Dictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);
        private readonly WebApplication _app;
        private readonly string _login;
        private readonly byte[] _manifest;
        private int _manifestsGiven;

        private TinyRegistry(WebApplication app, string login)
        {
            (_app, _login) = (app, login);
            var (layer, layerId) = MakeLayer();
            var config = Encoding.UTF8.GetBytes(
                $$$"""{"architecture":"amd64","os":"linux","config":{"Labels":{"from":"tiny"},"Cmd":["/x"]},"rootfs":{"type":"layers","diff_ids":["{{{layerId}}}"]},"history":[{"created_by":"test"}]}""");
            _manifest = Encoding.UTF8.GetBytes(
                $$"""{"schemaVersion":2,"mediaType":"{{ManifestType}}","config":{{Describe(config, "container.image.v1+json")}},"layers":[{{Describe(layer, "image.rootfs.diff.tar.gzip")}}]}""");
        }

        public string Host => $"127.0.0.1:{new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port}";

        public int ManifestsGiven => Volatile.Read(ref _manifestsGiven);

        public static async Task<TinyRegistry> StartAsync(string user, string password)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
            var app = builder.Build();
            var registry = new TinyRegistry(app, "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
            app.Run(registry.AnswerAsync);
            await app.StartAsync();
            return registry;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
            await _app.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext context)
        {
            var path = context.Request.Path.Value!;
            if (context.Request.Headers.Authorization != _login)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"tiny\"";
                context.Response.StatusCode = 401;
            }
            else if (path.Contains("/manifests/", StringComparison.Ordinal))
            {
                if (context.Request.Method == "GET")
                {
                    Interlocked.Increment(ref _manifestsGiven);
                }

                context.Response.Headers["Docker-Content-Digest"] = DigestOf(_manifest);
                await SendAsync(context, _manifest, ManifestType);
            }
            else if (_blobs.GetValueOrDefault(path.Split('/')[^1]) is { } blob)
            {
                await SendAsync(context, blob, "application/octet-stream");
            }
            else
            {
                context.Response.StatusCode = path == "/v2/" ? 200 : 404;
            }
        }

        private static async Task SendAsync(HttpContext context, byte[] bytes, string type)
        {
            context.Response.ContentType = type;
            context.Response.ContentLength = bytes.Length;
            if (context.Request.Method == "GET")
            {
                await context.Response.Body.WriteAsync(bytes);
            }
        }

        private string Describe(byte[] blob, string type)
        {
            _blobs[DigestOf(blob)] = blob;
            return $$"""{"mediaType":"application/vnd.docker.{{type}}","size":{{blob.Length}},"digest":"{{DigestOf(blob)}}"}""";
        }

        // Different in each run: an engine that is kept between runs must not know it already.
        private static (byte[] Compressed, string Id) MakeLayer()
        {
            using var tar = new MemoryStream();
            using (var writer = new TarWriter(tar, leaveOpen: true))
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "x") { DataStream = new MemoryStream(RandomNumberGenerator.GetBytes(200_000)) });
            }

            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(tar.ToArray());
            }

            return (compressed.ToArray(), DigestOf(tar.ToArray()));
        }

        private static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
