using Orchestrator.Core.Features;
using Orchestrator.Core.Time;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>Looks up what a request's entities stand for and joins it to what the request gives. Queries whose features are missing fail alone.</summary>
internal sealed class FeatureJoiner(FeatureLookup lookup, TimeProvider time)
{
    /// <summary>Of what is left of a request in a hurry: the model needs time too.</summary>
    private const double MostOfWhatIsLeft = 0.5;

    /// <summary>Joins.</summary>
    /// <param name="body">What <paramref name="request"/> was read from.</param>
    /// <param name="request">Whose entities.</param>
    /// <param name="application">With features.</param>
    /// <param name="deadline">Of the request.</param>
    /// <exception cref="PredictRequestException">An entity lacks a key, or what the request gives does not fit the model.</exception>
    public async ValueTask<PredictRequest> JoinAsync(ReadOnlyMemory<byte> body, EntityRequest request, ApplicationEntry application, Deadline deadline)
    {
        if (request is not { Target: { } target, Plan: { } plan })
        {
            return new PredictRequest { Target = request.Target, Rows = [], RowCount = request.RowCount };
        }

        if (plan.Problem is { } problem)
        {
            var misfit = new PredictionFailure(OutcomeKind.Failed, $"Features of application '{application.Spec.Name}': {problem}.");
            return Failed(request, misfit);
        }

        var features = application.Features!;
        var queries = FeatureQueries.Of(request, plan, features);
        var left = deadline.Remaining(time) * MostOfWhatIsLeft;
        var found = await lookup.FindAsync(application.Spec.Name, queries.All, left < features.Budget ? left : features.Budget, features.Unhurried);
        return Join(body.Span, request, target, application, new JoinedRow(plan, queries, found));
    }

    private PredictRequest Join(ReadOnlySpan<byte> body, EntityRequest request, VersionEntry target, ApplicationEntry application, JoinedRow row)
    {
        var rows = new Tensor[request.RowCount][];
        PredictionFailure?[]? failures = null;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = [];
            if (row.Write(body, request.GivenOf(i), i) is { } lacking)
            {
                (failures ??= new PredictionFailure?[rows.Length])[i] = lacking.Failure;
                lookup.CountFailure(application.Spec.Name, application.Features!.Views[lacking.View]);
                continue;
            }

            try
            {
                rows[i] = row.Read(target);
            }
            catch (ProtocolException exception)
            {
                // Whose value is it? With the features' replaced by such that fit, it is the client's if it still does not.
                RequireGivenFits(body, request.GivenOf(i), i, target, row);
                (failures ??= new PredictionFailure?[rows.Length])[i] = new PredictionFailure(OutcomeKind.FeatureMissing, $"A feature does not fit {target.Id}: {exception.Message}.");
            }
        }

        row.CountDefaults((view, count) => lookup.CountDefaults(application.Spec.Name, application.Features!.Views[view], count));
        return new PredictRequest { Target = target, Rows = rows, RowCount = rows.Length, Failures = failures };
    }

    private static void RequireGivenFits(ReadOnlySpan<byte> body, Piece[] given, int index, VersionEntry target, JoinedRow row)
    {
        try
        {
            row.WriteWithoutFeatures(body, given);
            row.Read(target);
        }
        catch (ProtocolException exception)
        {
            throw PredictRequestReader.EntityError($"{exception.Message} (query {index}, joined with features)", exception);
        }
    }

    private static PredictRequest Failed(EntityRequest request, PredictionFailure failure)
    {
        var rows = new Tensor[request.RowCount][];
        Array.Fill(rows, []);
        var failures = new PredictionFailure?[rows.Length];
        Array.Fill(failures, failure);
        return new PredictRequest { Target = request.Target, Rows = rows, RowCount = rows.Length, Failures = failures };
    }
}
