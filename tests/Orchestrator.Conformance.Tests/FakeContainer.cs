using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Tests;

/// <summary>A small container that keeps the contract, or breaks it in the one place that <paramref name="broken"/> names by the id of the check that must see it.</summary>
internal sealed class FakeContainer(string? broken = null, bool isForeign = false, string? socketPath = null, string varying = "") : IAsyncDisposable
{
    public const long MaxBatchBytes = 64 * 1024;
    private const int BodyLimit = (int)((2 * MaxBatchBytes) + (1024 * 1024));

    private readonly FakeModel _model = new(broken, varying);
    private readonly BusyGate _gate = new();
    private readonly HashSet<string> _ids = [];
    private WebApplication? _app;

    public ConformanceTarget Target { get; private set; } = new();

    public async Task<FakeContainer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            if (socketPath is not null)
            {
                kestrel.ListenUnixSocket(socketPath);
            }
            else
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            }
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        var slow = new InferRequest { Inputs = FakeModel.Inputs(FakeModel.SlowValue) };
        Target = new ConformanceTarget { MaxBatchBytes = MaxBatchBytes, SocketPath = socketPath, SlowSample = isForeign ? null : slow, Timeout = TimeSpan.FromSeconds(30) };
        Target = socketPath is null ? Target with { Url = new Uri(_app.Urls.First()) } : Target;
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private bool Breaks(string check) => broken == check;

    private async Task AnswerAsync(HttpContext http)
    {
        if (Breaks("connection.keep-alive"))
        {
            http.Response.Headers.Connection = "close";
        }

        var parts = http.Request.Path.Value!.Trim('/').Split('/');
        switch (parts)
        {
            case ["v2"]: await GetAsync(http, 200, Breaks("server.metadata") ? "[]" : isForeign ? """{"name":"fake"}""" : """{"name":"fake","version":"1","extensions":["binary_tensor_data","orchestrator_container_1"]}"""); break;
            case ["v2", "health", "live"]: await LiveAsync(http); break;
            case ["v2", "health", "ready"]: await GetAsync(http, Breaks("health.ready") || Breaks("refuse.still-serves") ? 503 : 200, "{}"); break;
            case ["v2", "models", var model, ..] when model == "model" || Breaks("model.unknown"): await ModelAsync(http, parts[3..]); break;
            default: await ErrorAsync(http, 404, Breaks("path.unknown") ? null : "no such path"); break;
        }
    }

    private async Task ModelAsync(HttpContext http, string[] rest)
    {
        if (rest is ["versions", var version, ..])
        {
            if ((version != "1" && !Breaks("model.unknown-version")) || Breaks("model.metadata-version"))
            {
                await ErrorAsync(http, 404, "no such version");
                return;
            }

            rest = rest[2..];
        }

        switch (rest)
        {
            case []: await GetAsync(http, 200, _model.Metadata()); break;
            case ["ready"]: await GetAsync(http, Breaks("model.ready") ? 404 : 200, "{}"); break;
            case ["infer"] when HttpMethods.IsPost(http.Request.Method): await InferAsync(http); break;
            case ["infer"]: await ErrorAsync(http, Breaks("path.wrong-verb") ? 404 : 405, "expected POST"); break;
            default: await ErrorAsync(http, 404, "no such path"); break;
        }
    }

    private async Task LiveAsync(HttpContext http)
    {
        var isHanging = Breaks("health.during-inference") && _gate.IsOccupied;
        _gate.Signal();
        await GetAsync(http, Breaks("health.live") || isHanging ? 500 : 200, "{}");
    }

    private async Task InferAsync(HttpContext http)
    {
        if (http.Request.ContentLength > BodyLimit && !Breaks("extra.body-limit"))
        {
            await ErrorAsync(http, 413, "too large");
            return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (http.Request.Headers[ContractNames.DeadlineMs] == "0" && !Breaks("extra.deadline"))
        {
            await ErrorAsync(http, 504, "too late");
            return;
        }

        try
        {
            await ComputeAsync(http, body.ToArray());
        }
        catch (InvalidOperationException e)
        {
            await ErrorAsync(http, 500, e.Message);
        }
        catch (ProtocolException e)
        {
            await (broken?.StartsWith("refuse.", StringComparison.Ordinal) == true ? GetAsync(http, 200, "{}") : ErrorAsync(http, 400, Breaks("extra.error-names-input") ? "wrong" : e.Message));
        }
    }

    private async Task ComputeAsync(HttpContext http, byte[] body)
    {
        var header = http.Request.Headers[ContractNames.HeaderLength].ToString();
        var length = header.Length == 0 ? (int?)null : int.TryParse(header, out var l) ? l : throw new ProtocolException("expected a number");
        var request = InferCodec.ReadRequest(body, length, CodecLimits.Default);
        var (response, isBinary) = _model.Compute(request, body, length);
        if (FakeModel.IsSlow(request) && !Breaks("extra.busy") && !await _gate.TryPassAsync())
        {
            http.Response.Headers[ContractNames.Busy] = "1";
            await ErrorAsync(http, 503, "busy");
            return;
        }

        if (Breaks("infer.concurrent") && request.Id is not null && !_ids.Add(request.Id))
        {
            response = response with { Id = "of another" };
        }

        var buffer = new ArrayBufferWriter<byte>();
        var jsonLength = InferCodec.WriteResponse(buffer, response, isBinary);
        var headers = http.Response.Headers;
        headers[ContractNames.QueueUs] = "1";
        headers[ContractNames.ComputeUs] = Breaks("extra.timing-headers") ? "1.5" : "2";
        headers[ContractNames.ModelVersion] = Breaks("extra.version-header") ? "2" : "1";
        if (jsonLength is not null)
        {
            headers[ContractNames.HeaderLength] = jsonLength.Value.ToString(CultureInfo.InvariantCulture);
        }

        await http.Response.Body.WriteAsync(buffer.WrittenMemory);
    }

    private async Task GetAsync(HttpContext http, int status, string json)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsPost(http.Request.Method))
        {
            await ErrorAsync(http, Breaks("path.wrong-verb") ? 404 : 405, "expected GET");
            return;
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = ContractNames.JsonContentType;
        await http.Response.WriteAsync(json);
    }

    private static async Task ErrorAsync(HttpContext http, int status, string? error)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = ContractNames.JsonContentType;
        var buffer = new ArrayBufferWriter<byte>();
        ErrorBody.Write(buffer, error ?? "");
        await http.Response.Body.WriteAsync(error is null ? default : buffer.WrittenMemory);
    }
}
