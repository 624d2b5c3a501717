namespace Orchestrator.Architecture.Tests;

/// <summary>What broke a rule on the day the rule became a test. Entries only ever leave: whoever touches one of these pays it off.</summary>
internal static class Debts
{
    /// <summary>Files over the limit without a reason in their first line.</summary>
    public static IReadOnlyList<string> LongFiles { get; } = [];

    /// <summary>Classes with more dependencies than one job needs.</summary>
    public static IReadOnlyList<string> LongConstructors { get; } =
    [
        "Orchestrator.Serving.ServingLoop",
    ];

    /// <summary>Public types that no other project names.</summary>
    public static IReadOnlyList<string> PublicTypes { get; } = [];
}
