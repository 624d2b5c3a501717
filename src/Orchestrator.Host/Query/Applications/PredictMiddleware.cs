using Microsoft.Extensions.ObjectPool;
using Orchestrator.Core.Time;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Ends <c>POST /{app}/predict</c>: reads, asks the data plane once per query, waits for all, answers.</summary>
internal sealed class PredictMiddleware(
    ServingState state, PredictionService predictions, PredictAnswerWriter answers, ObjectPool<AnswerBuffer> buffers, JsonErrors errors, TimeProvider time, HostOptions options)
{
    /// <summary>Requests with an equal key get the same version of a weighted application.</summary>
    public const string KeyHeader = "Orchestrator-Key";

    private readonly int _maxBodyBytes = options.MaxBodyBytes;

    public async Task AnswerAsync(HttpContext context, string name)
    {
        var arrived = time.GetTimestamp();
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await errors.WriteWrongVerbAsync(context, HttpMethods.Post);
            return;
        }

        var table = state.Table;
        if (!table.Applications.TryGetValue(name, out var application))
        {
            await errors.WriteAsync(context, StatusCodes.Status404NotFound, ErrorKinds.NotFound, WhatExists.Application(name, table));
            return;
        }

        var budget = application.Spec.Slo.Latency;
        if (!TimeBudget.TryApplyHeader(context.Request, ref budget))
        {
            await errors.WriteAsync(context, StatusCodes.Status400BadRequest, ErrorKinds.BadRequest, TimeBudget.HeaderMistake);
            return;
        }

        try
        {
            var request = await ReadAsync(context, application, table);
            await AnswerAsync(context, application, request, Deadline.At(time, arrived, budget));
        }
        catch (PredictRequestException exception)
        {
            await errors.WriteAsync(context, StatusCodes.Status400BadRequest, exception.Kind, exception.Message);
        }
        catch (InvalidDataException exception)
        {
            await errors.WriteAsync(context, StatusCodes.Status400BadRequest, ErrorKinds.BadRequest, exception.Message);
        }
    }

    private async ValueTask<PredictRequest> ReadAsync(HttpContext context, ApplicationEntry application, ServingTable table)
    {
        // Tensors are copied out of the body while it is read, so the body goes back to the pool at once.
        using var body = await PlainBody.ReadAsync(context.Request, _maxBodyBytes, context.RequestAborted);
        var key = context.Request.Headers.TryGetValue(KeyHeader, out var header) ? header.ToString() : null;
        return PredictRequestReader.Read(body.Span, application, table, key);
    }

    private async Task AnswerAsync(HttpContext context, ApplicationEntry application, PredictRequest request, Deadline deadline)
    {
        if (request.RowCount == 1)
        {
            await AnswerOneAsync(context, application, request, deadline);
            return;
        }

        var outcomes = await PredictAllAsync(request, application, deadline, context.RequestAborted);
        var buffer = buffers.Get();
        try
        {
            WriteBatch(buffer, application, request, outcomes);
            await buffer.SendAsync(context.Response, StatusCodes.Status200OK, JsonErrors.ContentType, context.RequestAborted);
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    private async Task AnswerOneAsync(HttpContext context, ApplicationEntry application, PredictRequest request, Deadline deadline)
    {
        var outcome = request.Rows.Count == 0 ? null : await predictions.PredictAsync(Call(request, 0, application, deadline), context.RequestAborted);
        var buffer = buffers.Get();
        try
        {
            if (TryWrite(buffer, application, request, outcome) is not { } failure)
            {
                await buffer.SendAsync(context.Response, StatusCodes.Status200OK, JsonErrors.ContentType, context.RequestAborted);
            }
            else if (failure.Kind == OutcomeKind.Cancelled)
            {
                context.Response.StatusCode = failure.StatusCode;
            }
            else
            {
                await SendFailureAsync(context, failure);
            }
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    private Task SendFailureAsync(HttpContext context, PredictionFailure failure)
    {
        if (failure.Kind == OutcomeKind.Rejected)
        {
            JsonErrors.SetRetryAfter(context.Response, failure.RetryAfter);
        }

        return errors.WriteAsync(context, failure.StatusCode, failure.ErrorKind, failure.Explanation);
    }

    private void WriteBatch(AnswerBuffer buffer, ApplicationEntry application, PredictRequest request, PredictionOutcome?[] outcomes)
    {
        buffer.Json.WriteStartObject();
        buffer.Json.WriteStartArray("batch_predictions"u8);
        foreach (var outcome in outcomes)
        {
            if (TryWrite(buffer, application, request, outcome) is { } failure)
            {
                answers.WriteError(buffer.Json, failure);
            }
        }

        buffer.Json.WriteEndArray();
        buffer.Json.WriteEndObject();
    }

    /// <summary>Writes the answer or the default output; returns the failure, with nothing written, if there is neither.</summary>
    private PredictionFailure? TryWrite(AnswerBuffer buffer, ApplicationEntry application, PredictRequest request, PredictionOutcome? outcome)
    {
        var failure = outcome is null ? NoReplica(application, request) : PredictionFailure.Of(outcome) ?? AnswerWithoutJsonForm(outcome);
        if (failure is not { } known)
        {
            answers.WriteOk(buffer.Json, outcome!);
            return null;
        }

        if (application.Spec.DefaultOutput is { } output && known.AllowsDefault)
        {
            answers.WriteDefault(buffer.Json, output, request.Target, known);
            return null;
        }

        return known;
    }

    // Checked before anything is written, because half an answer cannot be taken back.
    private static PredictionFailure? AnswerWithoutJsonForm(PredictionOutcome outcome)
    {
        foreach (var output in outcome.Outputs)
        {
            if (JsonForm.FindObstacle(output) is { } obstacle)
            {
                return new PredictionFailure(OutcomeKind.Failed, $"Output '{output.Name}' of {outcome.ModelVersion} {obstacle}; ask for it through POST /v2/models/{outcome.ModelVersion.Model}/infer with binary_data.");
            }
        }

        return null;
    }

    private static PredictionFailure NoReplica(ApplicationEntry application, PredictRequest request) =>
        new(OutcomeKind.Unavailable, request.Target is { } target
            ? $"{target.Id} has no ready replica: {target.Reason ?? "it was not started yet"}."
            : $"No model of application '{application.Spec.Name}' has a version that was ever ready.");

    private async ValueTask<PredictionOutcome?[]> PredictAllAsync(PredictRequest request, ApplicationEntry application, Deadline deadline, CancellationToken clientGone)
    {
        if (request.Rows.Count == 0)
        {
            return new PredictionOutcome?[request.RowCount];
        }

        var calls = new PredictionCall[request.Rows.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = Call(request, i, application, deadline);
        }

        return await predictions.PredictManyAsync(calls, clientGone);
    }

    private static PredictionCall Call(PredictRequest request, int row, ApplicationEntry application, Deadline deadline) =>
        new() { Target = request.Target!, Inputs = request.Rows[row], Outputs = [], Deadline = deadline, Application = application.Spec.Name };
}
