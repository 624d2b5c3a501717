using System.Text;
using System.Text.Json;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Engine;

public sealed class RegistryLoginsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestrator-login-");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("registry:5000", "registry:5000")]
    [InlineData("https://registry:5000", "registry:5000")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    public async Task Auths_RegistryIsThere_ItsLoginIsSent(string key, string registry)
    {
        var login = await FindAsync($$$"""{"auths":{"{{{key}}}":{"auth":"{{{Base64("ann:s3cr:et")}}}" } } }""", registry);
        login.GetProperty("username").GetString().ShouldBe("ann");
        login.GetProperty("password").GetString().ShouldBe("s3cr:et");
    }

    [Fact]
    public async Task Auths_IdentityToken_IsSentInsteadOfAPassword()
    {
        var login = await FindAsync("""{"auths":{"registry":{"auth":"","identitytoken":"tok"}}}""", "registry");
        login.GetProperty("identitytoken").GetString().ShouldBe("tok");
        login.TryGetProperty("password", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"auths":{"other":{"auth":"YTpi"}}}""")]
    [InlineData("""{"auths":{"registry":{}}}""")]
    [InlineData("{}")]
    public async Task Auths_RegistryIsNotThere_NothingIsSent(string config)
    {
        Write(config);
        (await Logins().FindAsync("registry", Test)).ShouldBeNull();
    }

    [Fact]
    public async Task Configuration_Missing_NothingIsSent() => (await Logins().FindAsync("registry", Test)).ShouldBeNull();

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"auths":{"registry":{"auth":"!!"}}}""", "docker login registry")]
    public async Task Configuration_Broken_SaysWhatToDo(string config, string expected)
    {
        Write(config);
        (await Should.ThrowAsync<RegistryLoginException>(() => Logins().FindAsync("registry", Test))).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("""{"credHelpers":{"registry":"HELPER"}}""")]
    [InlineData("""{"credsStore":"HELPER"}""")]
    public async Task Helper_HasALogin_ItIsSent(string config)
    {
        var helper = WriteHelper("read registry; echo \"{\\\"Username\\\":\\\"$registry\\\",\\\"Secret\\\":\\\"s\\\"}\"");
        var login = await FindAsync(config.Replace("HELPER", helper, StringComparison.Ordinal), "registry");
        login.GetProperty("username").GetString().ShouldBe("registry");
        login.GetProperty("password").GetString().ShouldBe("s");
    }

    [Fact]
    public async Task Helper_HasNone_TheFileIsAsked()
    {
        var helper = WriteHelper("echo 'credentials not found in native keychain'; exit 1");
        var login = await FindAsync($$$"""{"credsStore":"{{{helper}}}","auths":{"registry":{"auth":"{{{Base64("a:b")}}}" } } }""", "registry");
        login.GetProperty("username").GetString().ShouldBe("a");
    }

    [Fact]
    public async Task Helper_NotInstalled_SaysWhich()
    {
        Write("""{"credsStore":"no-such-helper-here"}""");
        (await Should.ThrowAsync<RegistryLoginException>(() => Logins().FindAsync("registry", Test))).Message.ShouldContain("docker-credential-no-such-helper-here");
    }

    [Theory]
    [InlineData("model", "docker.io", "model", "latest")]
    [InlineData("team/model:1", "docker.io", "team/model", "1")]
    [InlineData("localhost/model", "localhost", "localhost/model", "latest")]
    [InlineData("registry:5000/team/model", "registry:5000", "registry:5000/team/model", "latest")]
    [InlineData("registry.io/model:1@sha256:abc", "registry.io", "registry.io/model", "sha256:abc")]
    public void ImageReference_Name_IsTakenApart(string name, string registry, string repository, string tag) =>
        ImageReference.Parse(name).ShouldBe(new ImageReference(registry, repository, tag));

    private async Task<JsonElement> FindAsync(string config, string registry)
    {
        Write(config);
        var header = await Logins().FindAsync(registry, Test);
        return JsonDocument.Parse(Convert.FromBase64String(header!.Replace('-', '+').Replace('_', '/'))).RootElement;
    }

    private void Write(string config) => File.WriteAllText(Path.Combine(_folder.FullName, "config.json"), config);

    private string WriteHelper(string script)
    {
        var file = Path.Combine(_folder.FullName, "docker-credential-ours");
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return "ours";
    }

    // Helpers are looked for on a PATH of the test's own.
    private RegistryLogins Logins() => new(name => name is "DOCKER_CONFIG" or "PATH" ? _folder.FullName : null, TimeProvider.System);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
