namespace Orchestrator.Conformance.Checks;

/// <summary>
/// One sentence of the contract. Returns if it holds; throws <see cref="CheckFailedException"/> or <see cref="CheckSkippedException"/> otherwise:
/// as in a test framework, so that an expectation deep in a helper ends the check without every caller passing it on.
/// </summary>
internal abstract class ContractCheck(string id, string title, CheckLevel level)
{
    public string Id { get; } = id;

    public string Title { get; } = title;

    public CheckLevel Level { get; } = level;

    public abstract Task RunAsync(CheckContext context, CancellationToken cancellationToken);
}

/// <summary>The contract is not kept.</summary>
internal class CheckFailedException(string expected, string got, Exception? innerException = null) : Exception($"expected {expected}, got {got}", innerException);

/// <summary>The model failed (500) on inputs that fit its signature.</summary>
internal sealed class ModelFailedException(string expected, string got) : CheckFailedException(expected, got);

/// <summary>The check cannot be tried.</summary>
internal sealed class CheckSkippedException(string reason) : Exception(reason);
