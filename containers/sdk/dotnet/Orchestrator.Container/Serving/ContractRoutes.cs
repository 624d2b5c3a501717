using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Sends each request to what answers it: the contract's paths first and without the routing middleware, then the author's own, then 404.</summary>
internal sealed partial class ContractRoutes
{
    private static readonly byte[] Live = """{"live":true}"""u8.ToArray();
    private static readonly byte[] Ready = """{"ready":true}"""u8.ToArray();
    private static readonly byte[] NotReady = """{"ready":false}"""u8.ToArray();
    private readonly ContainerState _state;
    private readonly ILogger _logger;
    private readonly string _modelPath;
    private readonly string _versionPath;
    private readonly byte[] _server;
    private readonly byte[] _modelReady;
    private readonly byte[] _modelNotReady;
    private volatile ReadyRoutes? _ready;

    public ContractRoutes(ContainerDefinition definition, ContainerSettings settings, ContainerState state, ILogger logger)
    {
        _state = state;
        _logger = logger;
        _modelPath = $"/v2/models/{settings.Model}";
        _versionPath = $"{_modelPath}/versions/{settings.Version}";
        var server = new ServerMetadata(definition.Name, definition.Version, [ContractNames.BinaryExtension, ContractNames.ContainerExtension]);
        _server = Answers.Bytes(writer => ServerMetadataCodec.Write(writer, server));
        var name = JsonEncodedText.Encode(settings.Model);
        _modelReady = Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","ready":true}""");
        _modelNotReady = Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","ready":false}""");
    }

    /// <summary>What can be answered only once the model is loaded.</summary>
    /// <param name="Metadata">Of the model.</param>
    /// <param name="Infer">The inference endpoint.</param>
    /// <param name="Author">The author's own routes, which set 404 where they have none; null: there are none.</param>
    internal sealed record ReadyRoutes(ReadOnlyMemory<byte> Metadata, RequestDelegate Infer, RequestDelegate? Author);

    public void Open(ReadyRoutes routes) => _ready = routes;

    public async Task HandleAsync(HttpContext context)
    {
        if (_state.Phase == ContainerPhase.Draining)
        {
            context.Response.Headers.Connection = "close";
        }

        try
        {
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
        catch (BadHttpRequestException wrong)
        {
            await FailAsync(context, wrong.StatusCode, wrong.Message).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The edge: whatever is left becomes a 500 and a log line.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.RequestFailed(_logger, context.Request.Method, context.Request.Path, failure);
            await FailAsync(context, StatusCodes.Status500InternalServerError, $"{failure.GetType().Name}: {failure.Message}").ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.StartsWith("/v2", StringComparison.Ordinal))
        {
            return OwnAsync(context);
        }

        var isReady = _state.Phase == ContainerPhase.Ready;
        var readyStatus = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return RestOfModelPath(path) switch
        {
            "/infer" => InferAsync(context),
            "/ready" => GetAsync(context, readyStatus, isReady ? _modelReady : _modelNotReady),
            "" or "/" when _ready is { } ready => GetAsync(context, StatusCodes.Status200OK, ready.Metadata),
            "" or "/" => Answers.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the model is loading"),
            _ => path switch
            {
                "/v2/health/live" => GetAsync(context, StatusCodes.Status200OK, Live),
                "/v2/health/ready" => GetAsync(context, readyStatus, isReady ? Ready : NotReady),
                "/v2" or "/v2/" => GetAsync(context, StatusCodes.Status200OK, _server),
                _ => OwnAsync(context),
            },
        };
    }

    private string? RestOfModelPath(string path)
    {
        var start = path.StartsWith(_versionPath, StringComparison.Ordinal) ? _versionPath : _modelPath;
        return path.StartsWith(start, StringComparison.Ordinal) ? path[start.Length..] : null;
    }

    private static Task GetAsync(HttpContext context, int status, ReadOnlyMemory<byte> json) =>
        HttpMethods.IsGet(context.Request.Method) ? Answers.JsonAsync(context, status, json) : WrongVerbAsync(context, HttpMethods.Get);

    private static Task WrongVerbAsync(HttpContext context, string expected)
    {
        context.Response.Headers.Allow = expected;
        return Answers.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not allowed at '{context.Request.Path}', expected {expected}");
    }

    private async Task InferAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await WrongVerbAsync(context, HttpMethods.Post).ConfigureAwait(false);
            return;
        }

        if (!_state.TryEnter())
        {
            var phase = _state.Phase == ContainerPhase.Loading ? "loading" : "draining";
            await Answers.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, $"the model is {phase}").ConfigureAwait(false);
            return;
        }

        try
        {
            await _ready!.Infer(context).ConfigureAwait(false);
        }
        finally
        {
            _state.Leave();
        }
    }

    private async Task OwnAsync(HttpContext context)
    {
        if (_ready?.Author is not { } author)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await ExplainAsync(context).ConfigureAwait(false);
            return;
        }

        if (!_state.TryEnter())
        {
            await Answers.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the model is draining").ConfigureAwait(false);
            return;
        }

        try
        {
            await author(context).ConfigureAwait(false);
            await ExplainAsync(context).ConfigureAwait(false);
        }
        finally
        {
            _state.Leave();
        }
    }

    /// <summary>The routing middleware answers 404 and 405 without a body.</summary>
    private Task ExplainAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Answers.ErrorAsync(context, response.StatusCode, $"nothing is served at '{context.Request.Path}'; this is {_versionPath}"),
            StatusCodes.Status405MethodNotAllowed => Answers.ErrorAsync(context, response.StatusCode, $"{context.Request.Method} is not allowed at '{context.Request.Path}', expected {response.Headers.Allow}"),
            _ => Task.CompletedTask,
        };
    }

    private static async Task FailAsync(HttpContext context, int status, string text)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        await Answers.ErrorAsync(context, status, text).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed", EventName = "RequestFailed")]
        public static partial void RequestFailed(ILogger logger, string method, string path, Exception failure);
    }
}
