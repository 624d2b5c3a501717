namespace Orchestrator.Control.Rollout;

/// <summary>Decides what comes next for one model. Pure: no clock, no I/O, no state; the constructor takes only options.</summary>
internal interface IRolloutPolicy
{
    /// <summary>Name it is registered and shown by.</summary>
    string Name { get; }

    /// <summary>What to do now; empty when there is nothing to do but wait.</summary>
    IReadOnlyList<RolloutAction> Decide(RolloutView view);

    /// <summary>When a decision may change by time alone; null: it cannot.</summary>
    TimeSpan? NextDue(RolloutView view);
}
