using Orchestrator.Core;
using Polly;
using Polly.CircuitBreaker;

namespace Orchestrator.Serving;

/// <summary>What the end of a call says of the store that was called.</summary>
internal enum StoreSign
{
    /// <summary>It answers.</summary>
    Well,
    /// <summary>It does not.</summary>
    Ill,
    /// <summary>The call ended for reasons of its own: no ground to leave the store alone, and none to trust one again that was left alone.</summary>
    None,
}

/// <summary>
/// When a store is left alone: after half of at least four calls within a second had no answer, for a while; then one call tries it. What a store is asked for can be missed, so
/// this is quick: a wrong alarm costs some look-ups for a second, a late one costs each request its wait.
/// </summary>
/// <typeparam name="T">The end of a call.</typeparam>
internal sealed class StoreCircuit<T>
{
    private const double FailureRatio = 0.5;
    private const int FewCalls = 4;
    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(1);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly TimeSpan _breakFor;

    /// <param name="breakFor">How long it is left alone before one call tries it again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sign">What an end says.</param>
    public StoreCircuit(TimeSpan breakFor, TimeProvider time, Func<T, StoreSign> sign)
    {
        _breakFor = breakFor;
        Pipeline = new ResiliencePipelineBuilder<T> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<T>
            {
                FailureRatio = FailureRatio,
                MinimumThroughput = FewCalls,
                SamplingDuration = Sampling,
                BreakDuration = breakFor,
                StateProvider = _state,
                ShouldHandle = call => ValueTask.FromResult(call.Outcome.Exception is not null || IsFailure(sign(call.Outcome.Result!))),
            })
            .Build();
    }

    public ResiliencePipeline<T> Pipeline { get; }

    /// <summary>Whether the store is left alone; stays true after the break until a call is let through.</summary>
    public bool IsOpen => _state.CircuitState == CircuitState.Open;

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Level => _state.CircuitState switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };

    /// <summary>For people: what is left alone, while it is; null: it is asked. Half open only the one call that tries it is let through.</summary>
    /// <param name="store">What is left alone.</param>
    /// <param name="instead">What is done without it.</param>
    public string? Describe(string store, string instead) => Level == 0 ? null
        : $"{store} gave too few answers in time and is left alone, one request every {Durations.Format(_breakFor)} tries it; {instead}";

    private bool IsFailure(StoreSign sign) => sign == StoreSign.Ill || (sign == StoreSign.None && _state.CircuitState == CircuitState.HalfOpen);
}
