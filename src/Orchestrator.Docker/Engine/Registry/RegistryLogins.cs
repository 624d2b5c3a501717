using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Docker.Engine;

/// <summary>
/// Logins for registries from Docker's own configuration (<c>docker login</c> writes it): <c>auths</c>, <c>credHelpers</c> and <c>credsStore</c> of
/// <c>config.json</c> in DOCKER_CONFIG or <c>~/.docker</c>. Read anew for each pull: a login made meanwhile counts.
/// </summary>
internal sealed class RegistryLogins(Func<string, string?> environment, TimeProvider time)
{
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private const string TokenUser = "<token>";
    private static readonly TimeSpan HelperPatience = TimeSpan.FromSeconds(10);

    /// <summary>Value of X-Registry-Auth; null: no login for this registry.</summary>
    /// <exception cref="RegistryLoginException">The configuration or a helper is broken.</exception>
    public async Task<string?> FindAsync(string registry, CancellationToken cancellationToken)
    {
        if (FindFile() is not { } file)
        {
            return null;
        }

        var config = await ReadAsync(file, cancellationToken);
        var keys = KeysOf(registry);
        foreach (var key in keys)
        {
            var helper = config.CredHelpers?.GetValueOrDefault(key) ?? config.CredsStore;
            if (helper is { Length: > 0 } && await AskHelperAsync(helper, key, cancellationToken) is { } fromHelper)
            {
                return Encode(fromHelper);
            }
        }

        return keys.Select(k => config.Auths?.GetValueOrDefault(k)).OfType<StoredLogin>().Select(l => Decode(l, registry, file)).OfType<Login>().Select(Encode).FirstOrDefault();
    }

    private string? FindFile()
    {
        var folder = environment("DOCKER_CONFIG") is { Length: > 0 } set ? set : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".docker") : null;
        return folder is null || !File.Exists(Path.Combine(folder, "config.json")) ? null : Path.Combine(folder, "config.json");
    }

    private static string[] KeysOf(string registry) =>
        registry == ImageReference.DockerHub ? [DockerHubKey, "index.docker.io", ImageReference.DockerHub] : [registry, $"https://{registry}", $"http://{registry}", $"https://{registry}/", $"https://{registry}/v1/", $"https://{registry}/v2/"];

    private static async Task<ConfigFile> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            return await JsonSerializer.DeserializeAsync(stream, LoginJson.Default.ConfigFile, cancellationToken) ?? new ConfigFile();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RegistryLoginException($"Docker's configuration {file} cannot be read: {e.Message}", e);
        }
    }

    private static Login? Decode(StoredLogin stored, string registry, string file)
    {
        if (stored.IdentityToken is { Length: > 0 } token)
        {
            return new Login { IdentityToken = token, ServerAddress = registry };
        }

        if (stored.Auth is not { Length: > 0 } auth)
        {
            return null;
        }

        try
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth)).TrimEnd('\0');
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 ? new Login { Username = pair[..colon], Password = pair[(colon + 1)..], ServerAddress = registry } : throw new FormatException("expected user:password in base64");
        }
        catch (FormatException e)
        {
            throw new RegistryLoginException($"the login for {registry} in {file} is broken ({e.Message}); run: docker login {registry}", e);
        }
    }

    private static string Encode(Login login) =>
        Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(login, LoginJson.Default.Login)).Replace('+', '-').Replace('/', '_');

    private async Task<Login?> AskHelperAsync(string helper, string key, CancellationToken cancellationToken)
    {
        var name = $"docker-credential-{helper}";
        var program = FindProgram(name) ?? throw new RegistryLoginException($"{name}, which Docker's configuration names, is not on the PATH; install it, or take it out of config.json.");
        using var late = new CancellationTokenSource(HelperPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var (exitCode, output) = await RunAsync(program, key, either.Token);
            // Helpers exit with 1 when they have no login for this registry; their words differ.
            return exitCode == 0 && JsonSerializer.Deserialize(output, LoginJson.Default.HelperAnswer) is { Secret: { Length: > 0 } secret } answer
                ? answer.Username == TokenUser
                    ? new Login { IdentityToken = secret, ServerAddress = key }
                    : new Login { Username = answer.Username, Password = secret, ServerAddress = key }
                : null;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryLoginException($"{name} did not answer within {HelperPatience.TotalSeconds} s", exception);
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or JsonException or IOException)
        {
            throw new RegistryLoginException($"{name}, which Docker's configuration names, cannot be used: {exception.Message}", exception);
        }
    }

    private string? FindProgram(string name) =>
        (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, ["get"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            await TellAsync(process.StandardInput, input, cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await errors;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task TellAsync(StreamWriter input, string text, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(text.AsMemory(), cancellationToken);
            input.Close();
        }
        catch (IOException)
        {
            // It ended without reading: what it wrote and its exit code say why.
        }
    }
}

/// <summary>A login for a registry cannot be had; the message says why.</summary>
internal sealed class RegistryLoginException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>config.json, what is used of it.</summary>
internal sealed record ConfigFile
{
    [JsonPropertyName("auths")]
    public IReadOnlyDictionary<string, StoredLogin>? Auths { get; init; }

    [JsonPropertyName("credHelpers")]
    public IReadOnlyDictionary<string, string>? CredHelpers { get; init; }

    [JsonPropertyName("credsStore")]
    public string? CredsStore { get; init; }
}

/// <summary>A login as the file keeps it.</summary>
internal sealed record StoredLogin([property: JsonPropertyName("auth")] string? Auth, [property: JsonPropertyName("identitytoken")] string? IdentityToken);

/// <summary>What a credential helper answers.</summary>
internal sealed record HelperAnswer(string? Username, string? Secret);

/// <summary>A login as the engine takes it.</summary>
internal sealed record Login
{
    [JsonPropertyName("username")]
    public string? Username { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("serveraddress")]
    public string? ServerAddress { get; init; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigFile))]
[JsonSerializable(typeof(Login))]
[JsonSerializable(typeof(HelperAnswer))]
internal sealed partial class LoginJson : JsonSerializerContext;
