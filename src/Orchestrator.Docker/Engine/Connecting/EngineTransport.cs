using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core;

namespace Orchestrator.Docker.Engine;

/// <summary>
/// Sends calls to an engine: settles the API version once, bounds every wait for an answer, and turns what goes wrong into <see cref="EngineException"/> (the
/// engine says no) or <see cref="EngineUnreachableException"/> (it says nothing). Thread-safe.
/// </summary>
internal sealed class EngineTransport(EngineEndpoint endpoint, TimeProvider time) : IDisposable
{
    /// <summary>How long an ordinary call may take. An engine under load takes seconds for one that touches the disk.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = EngineHttpClient.Create(endpoint);
    private ApiVersion? _version;

    public EngineEndpoint Endpoint => endpoint;

    public TimeProvider Time => time;

    /// <summary>The version that both sides speak; asks the engine the first time, and again after it was away (it may have been replaced meanwhile).</summary>
    public async ValueTask<ApiVersion> VersionAsync(CancellationToken cancellationToken)
    {
        if (_version is { } known)
        {
            return known;
        }

        // Not /_ping: only the version says how old a client the engine still takes.
        using var response = await SendRawAsync(EngineCall.Get("/version") with { Patience = PingPatience }, prefix: "", cancellationToken);
        var answer = await ReadBoundedAsync(response, EngineJson.Default.EngineVersion, EngineCall.Get("/version"), cancellationToken);
        var newest = ApiVersion.TryParse(answer.ApiVersion) ?? throw new EngineException("version", $"the engine gives '{answer.ApiVersion}' as its API version; is {endpoint} a Docker engine?");
        var version = ApiVersion.Negotiate(newest, ApiVersion.TryParse(answer.MinAPIVersion));
        _version = version;
        return version;
    }

    /// <summary>A call whose answer has no content of interest.</summary>
    public async Task SendAsync(EngineCall call, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(call, cancellationToken);
    }

    /// <summary>A call that is answered with JSON.</summary>
    public async Task<T> ReadAsync<T>(EngineCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(call, cancellationToken);
        return await ReadBoundedAsync(response, type, call, cancellationToken);
    }

    /// <summary>A call whose answer is a stream: returns once it begins. The caller disposes the response, and reads the body at its own pace.</summary>
    public async Task<HttpResponseMessage> OpenAsync(EngineCall call, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(cancellationToken);
        return await SendRawAsync(call, $"/v{version}", cancellationToken);
    }

    /// <summary>What a broken read of a stream means.</summary>
    public EngineUnreachableException Broken(EngineCall call, Exception cause)
    {
        _version = null;
        return new EngineUnreachableException($"engine unreachable at {endpoint}: it broke off its answer ({call}: {cause.Message})", cause);
    }

    /// <summary>JSON content for a call.</summary>
    public static HttpContent Json<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendRawAsync(EngineCall call, string prefix, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, prefix + call.Target) { Content = call.Content };
        AddHeader(request, "X-Registry-Auth", call.RegistryAuth);
        AddHeader(request, "X-Registry-Config", call.RegistryConfig);
        var patience = call.Patience ?? Patience;
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            _version = null;
            throw new EngineUnreachableException($"engine unreachable at {endpoint}: no answer within {Durations.Describe(patience)} ({call})", exception);
        }
        catch (HttpRequestException exception)
        {
            _version = null;
            throw new EngineUnreachableException($"engine unreachable at {endpoint}: {Explain(exception)}", exception);
        }

        if (response.IsSuccessStatusCode || (call.NotModifiedIsFine && response.StatusCode == HttpStatusCode.NotModified))
        {
            return response;
        }

        using (response)
        {
            throw new EngineException(response.StatusCode, call.ToString(), await ReadErrorAsync(response, either.Token));
        }
    }

    private static void AddHeader(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private async Task<T> ReadBoundedAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, EngineCall call, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, either.Token) ?? throw new EngineException(call.ToString(), "the engine answered null");
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineUnreachableException($"engine unreachable at {endpoint}: it stopped in the middle of its answer ({call})", exception);
        }
        catch (JsonException exception)
        {
            throw new EngineException(call.ToString(), $"the engine's answer is not what was expected: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw Broken(call, exception);
        }
    }

    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return ReadMessage(text) is { Length: > 0 } message ? message : response.ReasonPhrase ?? response.StatusCode.ToString();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status is known; what it was about is lost with the connection.
            return response.ReasonPhrase ?? response.StatusCode.ToString();
        }
    }

    private static string ReadMessage(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, EngineJson.Default.EngineError)?.Message?.Trim() ?? "";
        }
        catch (JsonException)
        {
            return text.Trim();
        }
    }

    private string Explain(HttpRequestException exception)
    {
        var cause = exception.GetBaseException();
        if (endpoint.SocketPath is null || cause is not SocketException { SocketErrorCode: var code })
        {
            return cause.Message;
        }

        // .NET's words for a missing socket file would lead astray ("Cannot assign requested address").
        return !File.Exists(endpoint.SocketPath) ? "there is no such socket (does the engine run?)"
            : code == SocketError.AccessDenied ? $"{cause.Message}; this user may not use the socket (it belongs to a group, usually docker)"
            : code == SocketError.ConnectionRefused ? "nobody listens on the socket (does the engine run? One that is started again may make a new socket: into a container mount its folder, not the socket itself)"
            : cause.Message;
    }
}
