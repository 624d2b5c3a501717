using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>Calls the container; whatever goes wrong on the way is a failed check that says so.</summary>
internal sealed class ContainerClient : IDisposable
{
    private readonly ConformanceTarget _target;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private int _connections;

    public ContainerClient(ConformanceTarget target, TimeProvider time, int maxConnections = int.MaxValue)
    {
        _target = target;
        _time = time;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, MaxConnectionsPerServer = maxConnections, ConnectCallback = ConnectAsync };
        _http = new HttpClient(handler) { BaseAddress = target.Url, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Connections opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Path of the model's or the version's infer call.</summary>
    public string InferPath => $"{ModelPath}{(_target.Version is null ? "" : $"/versions/{Uri.EscapeDataString(_target.Version)}")}/infer";

    /// <summary>Path of the model.</summary>
    public string ModelPath => $"/v2/models/{Uri.EscapeDataString(_target.Model)}";

    public Task<Answer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<Answer> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken) => SendAsync(new HttpRequestMessage(method, path), cancellationToken);

    public Task<Answer> PostInferAsync(InferBody body, CancellationToken cancellationToken) => PostAsync(InferPath, body, null, cancellationToken);

    public async Task<InferResponse> InferAsync(InferCall call, CancellationToken cancellationToken) =>
        (await PostInferAsync(call.ToBody(), cancellationToken)).ExpectInference();

    /// <summary>Posts an inference body, with further headers if <paramref name="customise"/> adds them.</summary>
    public Task<Answer> PostAsync(string path, InferBody body, Action<HttpRequestMessage>? customise, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body.Bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(body.HeaderLength is null ? ContractNames.JsonContentType : ContractNames.BinaryContentType);
        if (body.HeaderLength is not null)
        {
            request.Headers.TryAddWithoutValidation(ContractNames.HeaderLength, body.HeaderLength);
        }

        customise?.Invoke(request);
        return SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = $"{request.Method} {request.RequestUri}";
        var started = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(_target.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            return new Answer(call, (int)response.StatusCode, response.Headers, response.Content.Headers.ContentType?.MediaType, body, _time.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CheckFailedException($"an answer to {call} within {_target.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", "none");
        }
        catch (HttpRequestException e)
        {
            throw new CheckFailedException($"an answer to {call}", e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}", e);
        }
        finally
        {
            request.Dispose();
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connections);
        var socket = _target.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (_target.SocketPath is null)
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            }
            else
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_target.SocketPath), cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
