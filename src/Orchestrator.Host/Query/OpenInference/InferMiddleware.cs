using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;
using Orchestrator.Core.Time;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query.Applications;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.OpenInference;

/// <summary>Ends <c>POST /v2/models/{m}[/versions/{v}]/infer</c> over the same queues as <c>/{app}/predict</c>; a request is one call, whatever its number of rows.</summary>
internal sealed class InferMiddleware(
    ServingState state, PredictionService predictions, ObjectPool<AnswerBuffer> buffers, JsonErrors errors, TimeProvider time, HostOptions options)
{
    private const string TimeoutParameter = "timeout";
    private readonly int _maxBodyBytes = options.MaxBodyBytes;

    public async Task AnswerAsync(HttpContext context, string name, string? versionName)
    {
        var arrived = time.GetTimestamp();
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await errors.WriteWrongVerbAsync(context, HttpMethods.Post);
            return;
        }

        var table = state.Table;
        if (!table.Models.TryGetValue(name, out var model))
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status404NotFound, WhatExists.Model(name, table));
            return;
        }

        var version = model.Serving;
        if (versionName is not null && !model.Versions.TryGetValue(versionName, out version))
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status404NotFound, WhatExists.Version(versionName, model));
            return;
        }

        if (version?.Inputs is null)
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status503ServiceUnavailable, version?.Reason ?? WhatExists.NotReady(model));
            return;
        }

        try
        {
            await InferAsync(context, model, version, arrived);
        }
        catch (ProtocolException exception) when (!context.Response.HasStarted)
        {
            await errors.WriteInferenceErrorAsync(context, StatusCodes.Status400BadRequest, exception.Message);
        }
    }

    private async Task InferAsync(HttpContext context, ModelEntry model, VersionEntry version, long arrived)
    {
        var body = await InferBody.ReadAsync(context.Request, _maxBodyBytes, context.RequestAborted);
        var request = ReadRequest(context.Request, body, version);
        var inputs = InferInputs.Map(request, version.Inputs!, version.Signature);
        InferInputs.RequireOutputs(request, version);
        var budget = ReadBudget(context.Request, request, model.Timeout);
        var call = new PredictionCall { Target = version, Inputs = inputs, Outputs = request.Outputs, Parameters = request.Parameters, Deadline = Deadline.At(time, arrived, budget) };
        if (inputs[0].Rows > PollingThread.MostRows)
        {
            await Task.Yield();
        }

        var outcome = await predictions.PredictAsync(call, context.RequestAborted);
        if (outcome.Bytes > PollingThread.MostAnswerBytes)
        {
            await Task.Yield();
        }

        if (outcome.Kind == OutcomeKind.Ok)
        {
            await AnswerOkAsync(context, request, outcome);
        }
        else
        {
            await AnswerFailureAsync(context, outcome);
        }
    }

    private static InferRequest ReadRequest(HttpRequest http, byte[] body, VersionEntry version)
    {
        var headerLength = InferBody.ReadHeaderLength(http, body.Length);
        var rawInput = version.Inputs!.Count == 1 ? version.Inputs[0] : null;
        return InferCodec.ReadRequest(body, headerLength, CodecLimits.Default, rawInput);
    }

    private static TimeSpan ReadBudget(HttpRequest http, InferRequest request, TimeSpan allowed)
    {
        if (!TimeBudget.TryApplyHeader(http, ref allowed))
        {
            throw new ProtocolException(TimeBudget.HeaderMistake);
        }

        if (!request.Parameters.TryGetValue(TimeoutParameter, out var parameter))
        {
            return allowed;
        }

        // The protocol's unit; 0 means "as the server says" to Triton's clients.
        var isNumber = parameter.ValueKind == JsonValueKind.Number
            ? parameter.TryGetInt64(out var microseconds)
            : long.TryParse(parameter.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out microseconds);
        if (!isNumber || microseconds < 0)
        {
            throw new ProtocolException($"parameter '{TimeoutParameter}': expected a whole number of microseconds, got {parameter.GetRawText()}");
        }

        return microseconds > 0 && microseconds < allowed.TotalMicroseconds ? TimeSpan.FromMicroseconds(microseconds) : allowed;
    }

    private async Task AnswerOkAsync(HttpContext context, InferRequest request, PredictionOutcome outcome)
    {
        var response = new InferResponse
        {
            ModelName = outcome.ModelVersion.Model,
            ModelVersion = outcome.ModelVersion.Version,
            Id = request.Id,
            Outputs = outcome.Outputs,
            RowErrors = outcome.RowErrors,
            InvalidRows = outcome.InvalidRows,
        };
        var buffer = buffers.Get();
        try
        {
            var contentType = JsonErrors.ContentType;
            if (InferCodec.WriteResponse(buffer.Bytes, response, BinaryOutputs(request)) is { } headerLength)
            {
                contentType = ContractNames.BinaryContentType;
                context.Response.Headers[ContractNames.HeaderLength] = headerLength.ToString(CultureInfo.InvariantCulture);
            }

            await buffer.SendAsync(context.Response, StatusCodes.Status200OK, contentType, context.RequestAborted);
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    private static Func<string, bool>? BinaryOutputs(InferRequest request)
    {
        var binaryByName = new Dictionary<string, bool>(request.Outputs.Count);
        foreach (var output in request.Outputs)
        {
            binaryByName[output.Name] = output.Binary ?? request.BinaryOutput;
        }

        return binaryByName.Count > 0 ? name => binaryByName.GetValueOrDefault(name, request.BinaryOutput)
            : request.BinaryOutput ? _ => true
            : null;
    }

    private Task AnswerFailureAsync(HttpContext context, PredictionOutcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Cancelled)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        if (outcome.Kind == OutcomeKind.Rejected)
        {
            JsonErrors.SetRetryAfter(context.Response, outcome.RetryAfter);
        }

        return errors.WriteInferenceErrorAsync(context, PredictionFailure.StatusCodeOf(outcome.Kind), outcome.Explanation ?? "The server said no more.");
    }
}
