using Orchestrator.Core.Serving;
using Polly;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>Leaves a store alone that does not answer: after a few reads without an answer no request waits for it, until one read a while later finds it back.</summary>
internal sealed class StoreBreaker
{
    private static readonly StoreRead Nothing = new(StoreEnd.Unavailable, []);

    private readonly StoreCircuit<StoreRead> _circuit;
    private readonly IPredictionStore _store;

    public StoreBreaker(IPredictionStore store, TimeSpan breakFor, TimeProvider time)
    {
        _store = store;
        _circuit = new StoreCircuit<StoreRead>(breakFor, time, static read => read.End switch
        {
            StoreEnd.Done => StoreSign.Well,
            // Costs nobody time, and may be the doing of a few large requests.
            StoreEnd.Full => StoreSign.None,
            _ => StoreSign.Ill,
        });
    }

    /// <summary>Whether the store is left alone; stays true after the break until a read is let through.</summary>
    public bool IsOpen => _circuit.IsOpen;

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Level => _circuit.Level;

    /// <summary>For people: that the store is there and yet left alone; null: it is asked, or not there, which it says itself.</summary>
    public string? LeftAlone => _store.Problem is null ? _circuit.Describe("the prediction cache", "predictions go on without the shared cache") : null;

    /// <summary>Reads, or not: <c>WasAsked</c> says.</summary>
    public ValueTask<(bool WasAsked, StoreRead Read)> ReadAsync(IReadOnlyList<StoreKey> keys, TimeSpan within) =>
        AskAsync(static call => call.Store.ReadAsync(call.Keys, call.Within), new Call(_store, keys, "", TimeSpan.Zero, within));

    /// <summary>Claims and reads, or not: <c>WasAsked</c> says.</summary>
    public ValueTask<(bool WasAsked, StoreRead Read)> ClaimAsync(IReadOnlyList<StoreKey> keys, string token, TimeSpan lease, TimeSpan within) =>
        AskAsync(static call => call.Store.ClaimAsync(call.Keys, call.Token, call.Lease, call.Within), new Call(_store, keys, token, lease, within));

    private async ValueTask<(bool WasAsked, StoreRead Read)> AskAsync(Func<Call, ValueTask<StoreRead>> ask, Call call)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        var outcome = await _circuit.Pipeline.ExecuteOutcomeAsync(
            static async (_, asked) => Outcome.FromResult(await asked.ask(asked.call)), context, (ask, call));
        ResilienceContextPool.Shared.Return(context);
        return outcome.Exception is null ? (true, outcome.Result) : (false, Nothing);
    }

    private readonly record struct Call(IPredictionStore Store, IReadOnlyList<StoreKey> Keys, string Token, TimeSpan Lease, TimeSpan Within);
}
