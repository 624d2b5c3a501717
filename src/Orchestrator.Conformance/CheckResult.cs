namespace Orchestrator.Conformance;

/// <summary>Who must pass a check.</summary>
public enum CheckLevel
{
    /// <summary>Every container: the orchestrator relies on it (Open Inference Protocol).</summary>
    Required,

    /// <summary>Only a container that lists the extension <c>orchestrator_container_1</c>; skipped for others.</summary>
    Extra,
}

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>As the contract says.</summary>
    Passed,

    /// <summary>Otherwise.</summary>
    Failed,

    /// <summary>It could not be tried, or does not apply.</summary>
    Skipped,
}

/// <summary>One check's result.</summary>
/// <param name="Id">Stable name: <c>health.live</c>.</param>
/// <param name="Title">What is checked, for people.</param>
/// <param name="Level">Who must pass it.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">Failed: what was expected and what came. Skipped: why. Passed: empty.</param>
/// <param name="Duration">How long it took.</param>
public sealed record CheckResult(string Id, string Title, CheckLevel Level, CheckOutcome Outcome, string Detail, TimeSpan Duration);
