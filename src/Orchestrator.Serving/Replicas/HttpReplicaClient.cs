using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>Calls one replica over HTTP/1.1 (TCP or Unix socket) as docs/container-contract.md says. One per replica, shared by its loops.</summary>
internal sealed class HttpReplicaClient : IReplicaClient
{
    /// <summary>Shorter than the keep-alive of any server we know (uvicorn: 5 s): we close idle connections first, so none is closed under a batch.</summary>
    public static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly DistributedContextPropagator Propagator = DistributedContextPropagator.CreateDefaultPropagator();
    private static readonly CodecLimits Limits = CodecLimits.Default;

    private readonly HttpMessageInvoker _http;
    private readonly Uri _infer;
    private readonly Uri _ready;
    private readonly bool _binary;
    private readonly IServingLease _lease;
    private readonly TimeProvider _time;
    private readonly string _version;

    public HttpReplicaClient(ReplicaEndpoint endpoint, IServingLease lease, TimeProvider time)
    {
        _lease = lease;
        _time = time;
        _version = endpoint.Id.ModelVersion.Version;
        var address = endpoint.Address;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // It would tell containers of a span of its own that nobody exports; they are told of the batch's.
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = IdleConnection,
            ConnectTimeout = ConnectTimeout,
        };
        if (address.SocketPath is { } path)
        {
            handler.ConnectCallback = (_, cancellation) => ConnectUnixAsync(path, cancellation);
        }

        _http = new HttpMessageInvoker(handler, disposeHandler: true);
        var model = Uri.EscapeDataString(endpoint.Id.ModelVersion.Model);
        _infer = new Uri(address.BaseUri, $"v2/models/{model}/infer");
        _ready = new Uri(address.BaseUri, "v2/health/ready");
        _binary = endpoint.BinaryTensors;
    }

    /// <summary>Most bytes of one answer; more fails the batch.</summary>
    public long MaxAnswerBytes { get; init; } = Limits.MaxTensorBytes;

    public async ValueTask<ReplicaReply> InferAsync(Batch batch, TimeSpan budget, CancellationToken abandon)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _infer) { Content = WriteBody(batch) };
            if (budget < TimeSpan.FromHours(1))
            {
                request.Headers.TryAddWithoutValidation(ContractNames.DeadlineMs, budget.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture));
            }

            if (Activity.Current is { } span)
            {
                Propagator.Inject(span, request, static (carrier, name, value) => ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
            }

            using var response = await _http.SendAsync(request, abandon);
            var body = await BoundedBody.ReadAsync(response.Content, MaxAnswerBytes, abandon);
            return response.StatusCode == HttpStatusCode.OK ? ConfirmOf(response) ?? ReadAnswer(response, body) : ReadError(response, body);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            return new ReplicaReply(ReplyKind.Hung, null, "no answer in time", true);
        }
        catch (ProtocolException error)
        {
            return new ReplicaReply(ReplyKind.Failed, null, $"what the container answered is not the protocol: {error.Message}", true);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return new ReplicaReply(ReplyKind.Unreachable, null, Describe(error), MayHaveRun(error));
        }
    }

    public async ValueTask<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var limit = new CancellationTokenSource(ConnectTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            using var request = new HttpRequestMessage(HttpMethod.Get, _ready);
            using var response = await _http.SendAsync(request, both.Token);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpContent WriteBody(Batch batch)
    {
        var items = batch.Items;
        var first = items[0];
        if (!_binary)
        {
            var json = new ArrayBufferWriter<byte>(4096);
            InferCodec.WriteJsonRequest(json, new InferRequest { Inputs = Join(items), Outputs = first.Outputs, Parameters = first.Parameters ?? InferRequest.NoParameters });
            return Describe(new ReadOnlyMemoryContent(json.WrittenMemory), ContractNames.JsonContentType, null);
        }

        var inputs = new Tensor[first.Inputs.Count];
        Span<long> bytes = stackalloc long[Math.Min(inputs.Length, 128)];
        bytes = inputs.Length > bytes.Length ? new long[inputs.Length] : bytes[..inputs.Length];
        long total = 0;
        for (var i = 0; i < inputs.Length; i++)
        {
            bytes[i] = 0;
            foreach (var item in items)
            {
                bytes[i] += item.Inputs[i].Data.Length;
            }

            total += bytes[i];
            var shape = (long[])first.Inputs[i].Shape.Clone();
            shape[0] = batch.Rows;
            inputs[i] = first.Inputs[i] with { Shape = shape, Data = default };
        }

        var header = new ArrayBufferWriter<byte>(512);
        var headerLength = InferCodec.WriteBinaryRequestHeader(header, inputs, bytes, first.Outputs, first.Parameters);
        return Describe(new BatchContent(header.WrittenMemory, items, total), ContractNames.BinaryContentType, headerLength);
    }

    private static HttpContent Describe(HttpContent content, string type, int? headerLength)
    {
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (headerLength is { } length)
        {
            content.Headers.TryAddWithoutValidation(ContractNames.HeaderLength, length.ToString(CultureInfo.InvariantCulture));
        }

        return content;
    }

    private static Tensor[] Join(IReadOnlyList<PredictionItem> items)
    {
        var inputs = new Tensor[items[0].Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = items.Count == 1 ? items[0].Inputs[i] : TensorRows.Concat([.. items.Select(item => item.Inputs[i])]);
        }

        return inputs;
    }

    /// <summary>Null: the answer may be believed.</summary>
    private ReplicaReply? ConfirmOf(HttpResponseMessage response) => _lease.IsHeld || Header(response, ContractNames.ModelVersion) == _version
        ? null
        : new ReplicaReply(ReplyKind.Unconfirmed, null, $"this frontend is cut off from its control plane, and the replica does not confirm that it serves version {_version} ({ContractNames.ModelVersion})", true);

    private static ReplicaReply ReadAnswer(HttpResponseMessage response, byte[] body)
    {
        var header = Header(response, ContractNames.HeaderLength);
        int? headerLength = header is null ? null : int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : -1;
        var answer = InferCodec.ReadResponse(body, headerLength, Limits);
        return new ReplicaReply(ReplyKind.Ok, answer, null, true, Micros(response, ContractNames.QueueUs), Micros(response, ContractNames.ComputeUs));
    }

    private static ReplicaReply ReadError(HttpResponseMessage response, byte[] body)
    {
        var text = ErrorText(body) ?? $"status {(int)response.StatusCode}";
        return (int)response.StatusCode switch
        {
            503 when Header(response, ContractNames.Busy) is not null => new ReplicaReply(ReplyKind.Busy, null, text, false),
            503 => new ReplicaReply(ReplyKind.Unreachable, null, text, false),
            504 => new ReplicaReply(ReplyKind.TooLate, null, text, false),
            400 or 413 or 415 or 422 => new ReplicaReply(ReplyKind.InvalidInput, null, text, false),
            404 => new ReplicaReply(ReplyKind.Unreachable, null, $"it does not serve this model: {text}", false),
            _ => new ReplicaReply(ReplyKind.Failed, null, text, true),
        };
    }

    private static string? ErrorText(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error) ? error.ToString() : null;
        }
        catch (JsonException)
        {
            // Not ours to interpret: show the beginning of whatever it is.
            return body.Length == 0 ? null : Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, 200));
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static TimeSpan? Micros(HttpResponseMessage response, string name) =>
        double.TryParse(Header(response, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var micros) && micros is >= 0 and < 1e12 ? TimeSpan.FromMicroseconds(micros) : null;

    /// <summary>A connection that was never made cannot have carried the batch; any other failure may have come after it was read.</summary>
    private static bool MayHaveRun(Exception error) =>
        error is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static string Describe(Exception error) =>
        error is HttpRequestException { InnerException: { } inner } ? $"{error.Message} ({inner.Message})" : error.Message;

    private static async ValueTask<Stream> ConnectUnixAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
