using Microsoft.Extensions.ObjectPool;
using Orchestrator.Host.Query.Http;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Answers a <c>/{app}/predict</c> request once every query of it has ended.</summary>
internal sealed class PredictReplies(PredictAnswerWriter answers, ObjectPool<AnswerBuffer> buffers, JsonErrors errors)
{
    /// <summary>Answers a single query.</summary>
    public async Task SendOneAsync(HttpContext context, ApplicationEntry application, PredictRequest request, PredictionOutcome? outcome)
    {
        var buffer = buffers.Get();
        try
        {
            if (TryWrite(buffer, application, request, outcome, 0) is not { } failure)
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

    /// <summary>Answers a batch.</summary>
    public async Task SendBatchAsync(HttpContext context, ApplicationEntry application, PredictRequest request, PredictionOutcome?[] outcomes)
    {
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

    private Task SendFailureAsync(HttpContext context, PredictionFailure failure)
    {
        if (failure.Kind is OutcomeKind.Rejected or OutcomeKind.FeaturesUnavailable)
        {
            JsonErrors.SetRetryAfter(context.Response, failure.RetryAfter);
        }

        return errors.WriteAsync(context, failure.StatusCode, failure.ErrorKind, failure.Explanation);
    }

    private void WriteBatch(AnswerBuffer buffer, ApplicationEntry application, PredictRequest request, PredictionOutcome?[] outcomes)
    {
        buffer.Json.WriteStartObject();
        buffer.Json.WriteStartArray("batch_predictions"u8);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (TryWrite(buffer, application, request, outcomes[i], i) is { } failure)
            {
                answers.WriteError(buffer.Json, failure);
            }
        }

        buffer.Json.WriteEndArray();
        buffer.Json.WriteEndObject();
    }

    /// <summary>Writes the answer or the default output; returns the failure, with nothing written, if there is neither.</summary>
    private PredictionFailure? TryWrite(AnswerBuffer buffer, ApplicationEntry application, PredictRequest request, PredictionOutcome? outcome, int row)
    {
        var failure = request.Failures?[row]
            ?? (outcome is null ? NoReplica(application, request) : PredictionFailure.Of(outcome) ?? AnswerWithoutJsonForm(outcome));
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
}
