using System.Text.Json;
using Microsoft.Extensions.ObjectPool;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Gateway;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.OpenInference;

/// <summary>The Open Inference Protocol's calls about the server and its models; everything but inference.</summary>
internal sealed class ModelEndpoints(ServingState state, ObjectPool<AnswerBuffer> buffers, JsonErrors errors)
{
    private const string ServerName = "orchestrator";
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string ServerVersion = typeof(ModelEndpoints).Assembly.GetName().Version?.ToString(3) ?? "0";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v2/health/live", Reading, context => AnswerAsync(context, StatusCodes.Status200OK, json => json.WriteBoolean("live"u8, true)));
        routes.MapMethods("/v2/health/ready", Reading, AnswerServerReadyAsync);
        routes.MapMethods("/v2", Reading, AnswerServerAsync);
        routes.MapMethods("/v2/models", Reading, AnswerModelsAsync);
        routes.MapPost("/v2/repository/index", AnswerIndexAsync);
        routes.MapMethods("/v2/models/{model}", Reading, context => WithModelAsync(context, AnswerMetadataAsync));
        routes.MapMethods("/v2/models/{model}/versions/{version}", Reading, context => WithModelAsync(context, AnswerMetadataAsync));
        routes.MapMethods("/v2/models/{model}/ready", Reading, context => WithModelAsync(context, AnswerModelReadyAsync));
        routes.MapMethods("/v2/models/{model}/versions/{version}/ready", Reading, context => WithModelAsync(context, AnswerModelReadyAsync));
    }

    // Ready means: this frontend takes work. Whether each model can answer is the models' own readiness, else one broken model would take a whole frontend out of a load balancer.
    private Task AnswerServerReadyAsync(HttpContext context)
    {
        var snapshot = state.Table.Snapshot;
        var ready = snapshot.Revision > 0;
        context.Response.Headers[PredictionKeys.HeaderName] = PredictionKeys.NotIdempotent(snapshot);
        return AnswerAsync(context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json => json.WriteBoolean("ready"u8, ready));
    }

    private Task AnswerServerAsync(HttpContext context) => AnswerAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteString("name"u8, ServerName);
        json.WriteString("version"u8, ServerVersion);
        json.WriteStartArray("extensions"u8);
        json.WriteStringValue(ContractNames.BinaryExtension);
        json.WriteStringValue("model_repository");
        json.WriteEndArray();
    });

    private Task AnswerModelsAsync(HttpContext context) => AnswerAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("models"u8);
        foreach (var model in Ordered(state.Table))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, model.Name);
            WriteVersions(json, model.Versions.Keys);
            json.WriteBoolean("ready"u8, model.Serving is { IsReady: true });
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private async Task AnswerIndexAsync(HttpContext context)
    {
        bool onlyReady;
        try
        {
            using var body = await RequestBody.ReadAsync(context.Request, limit: 64 * 1024, context.RequestAborted);
            onlyReady = body.Span.Length > 0 && ReadOnlyReady(body.Memory);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is the JSON reader's word for an escaped lone surrogate, which only shows when a name is compared.
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status400BadRequest, $"expected an empty body or {{\"ready\": true}}: {exception.Message}");
            return;
        }

        await SendAsync(context, StatusCodes.Status200OK, json => WriteIndex(json, state.Table, onlyReady));
    }

    private static bool ReadOnlyReady(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("ready"u8, out var ready)
            ? ready.ValueKind is JsonValueKind.True or JsonValueKind.False ? ready.GetBoolean() : throw new JsonException("'ready' is no bool")
            : document.RootElement.ValueKind == JsonValueKind.Object ? false : throw new JsonException("it is no object");
    }

    private static void WriteIndex(Utf8JsonWriter json, ServingTable table, bool onlyReady)
    {
        json.WriteStartArray();
        foreach (var version in Ordered(table).SelectMany(m => m.Versions.Values.OrderBy(v => v.Id.Version, StringComparer.Ordinal)))
        {
            if (onlyReady && !version.IsReady)
            {
                continue;
            }

            json.WriteStartObject();
            json.WriteString("name"u8, version.Id.Model);
            json.WriteString("version"u8, version.Id.Version);
            json.WriteString("state"u8, version.IsReady ? "READY"u8 : "UNAVAILABLE"u8);
            json.WriteString("reason"u8, version.Reason ?? "");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async Task WithModelAsync(HttpContext context, Func<HttpContext, ModelEntry, VersionEntry?, Task> answer)
    {
        var table = state.Table;
        var name = (string)context.Request.RouteValues["model"]!;
        if (!table.Models.TryGetValue(name, out var model))
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status404NotFound, WhatExists.Model(name, table));
            return;
        }

        var version = model.Serving;
        if (context.Request.RouteValues["version"] is string versionName && !model.Versions.TryGetValue(versionName, out version))
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status404NotFound, WhatExists.Version(versionName, model));
            return;
        }

        await answer(context, model, version);
    }

    private Task AnswerModelReadyAsync(HttpContext context, ModelEntry model, VersionEntry? version)
    {
        var ready = version is { IsReady: true };
        return AnswerAsync(context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            json.WriteString("name"u8, model.Name);
            json.WriteBoolean("ready"u8, ready);
            if (!ready)
            {
                json.WriteString("error"u8, version?.Reason ?? WhatExists.NotReady(model));
            }
        });
    }

    private Task AnswerMetadataAsync(HttpContext context, ModelEntry model, VersionEntry? version)
    {
        if (version?.Signature is not { } signature)
        {
            return errors.WriteInferenceErrorAsync(context, StatusCodes.Status503ServiceUnavailable, version?.Reason ?? WhatExists.NotReady(model));
        }

        return AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("name"u8, model.Name);
            WriteVersions(json, model.Versions.Keys);
            json.WriteString("platform"u8, signature.Platform);
            WriteTensors(json, "inputs", signature.Inputs);
            WriteTensors(json, "outputs", signature.Outputs);
            json.WriteStartObject("properties"u8);
            foreach (var (key, value) in signature.Properties)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        });
    }

    private static void WriteVersions(Utf8JsonWriter json, IEnumerable<string> versions)
    {
        json.WriteStartArray("versions"u8);
        foreach (var version in versions.Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(version);
        }

        json.WriteEndArray();
    }

    private static void WriteTensors(Utf8JsonWriter json, string member, IReadOnlyList<TensorSignature> tensors)
    {
        json.WriteStartArray(member);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("datatype"u8, tensor.Datatype);
            json.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<ModelEntry> Ordered(ServingTable table) => table.Models.Values.OrderBy(m => m.Name, StringComparer.Ordinal);

    private Task AnswerAsync(HttpContext context, int statusCode, Action<Utf8JsonWriter> writeMembers) => SendAsync(context, statusCode, json =>
    {
        json.WriteStartObject();
        writeMembers(json);
        json.WriteEndObject();
    });

    private async Task SendAsync(HttpContext context, int statusCode, Action<Utf8JsonWriter> write)
    {
        var buffer = buffers.Get();
        try
        {
            write(buffer.Json);
            await buffer.SendAsync(context.Response, statusCode, JsonErrors.ContentType, context.RequestAborted);
        }
        finally
        {
            buffers.Return(buffer);
        }
    }
}
