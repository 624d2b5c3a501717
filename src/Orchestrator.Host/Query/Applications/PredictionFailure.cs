using Orchestrator.Host.Query.Http;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Why a query has no answer of the model; one table says what each end means to a client.</summary>
/// <param name="Kind">How it ended; never Ok.</param>
/// <param name="Explanation">Why, for people.</param>
/// <param name="RetryAfter">For a rejected one.</param>
internal readonly record struct PredictionFailure(OutcomeKind Kind, string Explanation, TimeSpan? RetryAfter = null)
{
    /// <summary>The failure in <paramref name="outcome"/>, or null if its only row was answered.</summary>
    public static PredictionFailure? Of(PredictionOutcome outcome)
    {
        if (outcome.Kind != OutcomeKind.Ok)
        {
            return new PredictionFailure(outcome.Kind, outcome.Explanation ?? "The server said no more.", outcome.RetryAfter);
        }

        return outcome.Outputs.Count == 0 ? new PredictionFailure(OutcomeKind.Failed, $"{outcome.ModelVersion} answered without any output.") : null;
    }

    /// <summary>Whether the application's default output may stand in: never for what the client did wrong.</summary>
    public bool AllowsDefault => Kind != OutcomeKind.InvalidInput;

    public int StatusCode => StatusCodeOf(Kind);

    public string ErrorKind => Kind switch
    {
        OutcomeKind.Rejected => ErrorKinds.Overloaded,
        OutcomeKind.DeadlineMissed => ErrorKinds.DeadlineMissed,
        OutcomeKind.Unavailable => ErrorKinds.Unavailable,
        OutcomeKind.InvalidInput => ErrorKinds.Query,
        OutcomeKind.FeatureMissing => ErrorKinds.FeatureMissing,
        OutcomeKind.FeaturesUnavailable => ErrorKinds.FeaturesUnavailable,
        _ => ErrorKinds.Model,
    };

    public static int StatusCodeOf(OutcomeKind kind) => kind switch
    {
        OutcomeKind.Ok => StatusCodes.Status200OK,
        OutcomeKind.Rejected => StatusCodes.Status429TooManyRequests,
        OutcomeKind.DeadlineMissed => StatusCodes.Status504GatewayTimeout,
        OutcomeKind.Unavailable or OutcomeKind.FeaturesUnavailable => StatusCodes.Status503ServiceUnavailable,
        OutcomeKind.FeatureMissing => StatusCodes.Status424FailedDependency,
        OutcomeKind.InvalidInput => StatusCodes.Status400BadRequest,
        OutcomeKind.Cancelled => StatusCodes.Status499ClientClosedRequest,
        _ => StatusCodes.Status500InternalServerError,
    };
}
