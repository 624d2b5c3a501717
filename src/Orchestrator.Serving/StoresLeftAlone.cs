namespace Orchestrator.Serving;

/// <summary>The stores that are connected and yet not asked, because they did not answer in time: what a connection's state does not show.</summary>
/// <param name="stores">Each says, for people, that it is left alone and what is done without it; null: it is not.</param>
public sealed class StoresLeftAlone(IReadOnlyList<Func<string?>> stores)
{
    /// <summary>As it is now; empty: every store is asked.</summary>
    public IReadOnlyList<string> Describe() => [.. stores.Select(store => store()).OfType<string>()];
}
