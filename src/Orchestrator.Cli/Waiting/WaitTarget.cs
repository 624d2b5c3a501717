using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Waiting;

/// <summary>What a command waits for.</summary>
/// <param name="Models">Those that must serve as wanted, or for an application those that may answer; null: all.</param>
/// <param name="Application">That must have a model that answers; null: the models themselves are waited for.</param>
internal sealed record WaitTarget(IReadOnlySet<string>? Models, string? Application = null)
{
    public static WaitTarget Everything { get; } = new(Models: null);

    public static WaitTarget Model(string name) => new(new HashSet<string> { name });

    public IEnumerable<ModelStatus> In(ClusterStatus status) => status.Models.Where(m => Models is null || Models.Contains(m.Name));
}
