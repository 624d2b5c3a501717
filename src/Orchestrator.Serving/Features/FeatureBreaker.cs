using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Polly;
using Polly.CircuitBreaker;

namespace Orchestrator.Serving.Features;

/// <summary>Leaves a feature store alone that does not answer: after a few reads without an answer no request waits for it, until one read a while later finds it back.</summary>
internal sealed class FeatureBreaker
{
    /// <summary>How long a store that failed is left alone before one read tries it again.</summary>
    public static readonly TimeSpan BreakFor = TimeSpan.FromSeconds(1);

    private const double FailureRatio = 0.5;
    private const int FewReads = 4;
    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(1);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<Attempt> _pipeline;
    private readonly IFeatureStore _store;

    public FeatureBreaker(IFeatureStore store, TimeProvider time)
    {
        _store = store;
        _pipeline = new ResiliencePipelineBuilder<Attempt> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Attempt>
            {
                FailureRatio = FailureRatio,
                MinimumThroughput = FewReads,
                SamplingDuration = Sampling,
                BreakDuration = BreakFor,
                StateProvider = _state,
                ShouldHandle = static read => ValueTask.FromResult(read.Outcome.Exception is not null || read.Outcome.Result.IsFailure),
            })
            .Build();
    }

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Level => _state.CircuitState switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };

    /// <summary>Reads; null: the store is left alone.</summary>
    /// <param name="queries">What is looked for.</param>
    /// <param name="within">How long.</param>
    /// <param name="isUnhurried">False for a caller in a hurry of its own: that it got no answer says nothing of the store.</param>
    public async ValueTask<FeatureRead?> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within, bool isUnhurried)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        var outcome = await _pipeline.ExecuteOutcomeAsync(
            static async (_, call) =>
            {
                var read = await call._store.ReadAsync(call.queries, call.within);
                // Full costs nobody time, and may be one large request's own doing.
                return Outcome.FromResult(new Attempt(read, read.End == StoreEnd.Unavailable || (read.End == StoreEnd.TimedOut && call.isUnhurried)));
            },
            context, (_store, queries, within, isUnhurried));
        ResilienceContextPool.Shared.Return(context);
        return outcome.Exception is null ? outcome.Result.Read : null;
    }

    private readonly record struct Attempt(FeatureRead Read, bool IsFailure);
}
