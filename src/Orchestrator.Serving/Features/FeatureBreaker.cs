using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Polly;

namespace Orchestrator.Serving.Features;

/// <summary>Leaves a feature store alone that does not answer: after a few reads without an answer no request waits for it, until one read a while later finds it back.</summary>
internal sealed class FeatureBreaker
{
    /// <summary>How long a store that failed is left alone before one read tries it again.</summary>
    public static readonly TimeSpan BreakFor = TimeSpan.FromSeconds(1);

    private readonly StoreCircuit<Attempt> _circuit;
    private readonly IFeatureStore _store;

    public FeatureBreaker(IFeatureStore store, TimeProvider time)
    {
        _store = store;
        _circuit = new StoreCircuit<Attempt>(BreakFor, time, static attempt => attempt.Read.End switch
        {
            StoreEnd.Done => StoreSign.Well,
            // Costs nobody time, and may be one large request's own doing.
            StoreEnd.Full => StoreSign.None,
            StoreEnd.TimedOut when !attempt.IsUnhurried => StoreSign.None,
            _ => StoreSign.Ill,
        });
    }

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Level => _circuit.Level;

    /// <summary>For people: that the store is there and yet left alone; null: it is asked, or not there, which it says itself.</summary>
    public string? LeftAlone => _store.Problem is null ? _circuit.Describe("the feature store", "features are their defaults") : null;

    /// <summary>Reads; null: the store is left alone.</summary>
    /// <param name="queries">What is looked for.</param>
    /// <param name="within">How long.</param>
    /// <param name="isUnhurried">False for a caller in a hurry of its own: that it got no answer says nothing of the store.</param>
    public async ValueTask<FeatureRead?> ReadAsync(IReadOnlyList<FeatureQuery> queries, TimeSpan within, bool isUnhurried)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        var outcome = await _circuit.Pipeline.ExecuteOutcomeAsync(
            static async (_, call) => Outcome.FromResult(new Attempt(await call._store.ReadAsync(call.queries, call.within), call.isUnhurried)),
            context, (_store, queries, within, isUnhurried));
        ResilienceContextPool.Shared.Return(context);
        return outcome.Exception is null ? outcome.Result.Read : null;
    }

    private readonly record struct Attempt(FeatureRead Read, bool IsUnhurried);
}
