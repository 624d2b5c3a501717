using Orchestrator.Core.Time;
using Orchestrator.Host.Query.Http;
using Orchestrator.Serving;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Ends <c>POST /{app}/predict</c>: reads, asks the data plane once per query, waits for all, answers.</summary>
internal sealed class PredictMiddleware(ServingState state, PredictionService predictions, PredictBodyReader bodies, PredictReplies replies, JsonErrors errors, TimeProvider time)
{
    /// <summary>Requests with an equal key get the same version of a weighted application.</summary>
    public const string KeyHeader = "Orchestrator-Key";

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
            var deadline = Deadline.At(time, arrived, budget);
            var request = await bodies.ReadAsync(context, application, table, deadline);
            await AnswerAsync(context, application, request, deadline);
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

    private async Task AnswerAsync(HttpContext context, ApplicationEntry application, PredictRequest request, Deadline deadline)
    {
        if (request.RowCount == 1)
        {
            var canAsk = request.Rows.Count > 0 && request.Failures is null;
            var outcome = canAsk ? await predictions.PredictAsync(Call(request, 0, application, deadline), context.RequestAborted) : null;
            if (outcome?.Bytes > PollingThread.MostAnswerBytes)
            {
                await Task.Yield();
            }

            await replies.SendOneAsync(context, application, request, outcome);
            return;
        }

        if (request.RowCount > PollingThread.MostRows)
        {
            await Task.Yield();
        }

        var outcomes = await PredictAllAsync(request, application, deadline, context.RequestAborted);
        if (outcomes.Sum(outcome => outcome?.Bytes) > PollingThread.MostAnswerBytes)
        {
            await Task.Yield();
        }

        await replies.SendBatchAsync(context, application, request, outcomes);
    }

    private async ValueTask<PredictionOutcome?[]> PredictAllAsync(PredictRequest request, ApplicationEntry application, Deadline deadline, CancellationToken clientGone)
    {
        if (request.Rows.Count == 0)
        {
            return new PredictionOutcome?[request.RowCount];
        }

        if (request.Failures is not null)
        {
            return await PredictSomeAsync(request, application, deadline, clientGone);
        }

        var calls = new PredictionCall[request.Rows.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = Call(request, i, application, deadline);
        }

        return await predictions.PredictManyAsync(calls, clientGone);
    }

    /// <summary>What cannot be asked keeps its place among the outcomes.</summary>
    private async ValueTask<PredictionOutcome?[]> PredictSomeAsync(PredictRequest request, ApplicationEntry application, Deadline deadline, CancellationToken clientGone)
    {
        var asked = Enumerable.Range(0, request.RowCount).Where(row => request.Failures![row] is null).ToArray();
        var outcomes = new PredictionOutcome?[request.RowCount];
        if (asked.Length > 0)
        {
            var answered = await predictions.PredictManyAsync([.. asked.Select(row => Call(request, row, application, deadline))], clientGone);
            for (var i = 0; i < asked.Length; i++)
            {
                outcomes[asked[i]] = answered[i];
            }
        }

        return outcomes;
    }

    private static PredictionCall Call(PredictRequest request, int row, ApplicationEntry application, Deadline deadline) =>
        new() { Target = request.Target!, Inputs = request.Rows[row], Outputs = [], Deadline = deadline, Application = application.Spec.Name };
}
