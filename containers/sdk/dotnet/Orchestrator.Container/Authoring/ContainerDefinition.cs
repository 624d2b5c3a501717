namespace Orchestrator.Container;

/// <summary>A container program: what it is called and how it loads a model.</summary>
public sealed record ContainerDefinition
{
    /// <summary>Name of the program, as in <c>GET /v2</c>: <c>orchestrator-noop</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the program. Default 1.0.0.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>The framework, as in the model's metadata. Default dotnet.</summary>
    public string Platform { get; init; } = "dotnet";

    /// <summary>Makes the model; <see cref="IModel.LoadAsync"/> is called on it afterwards. Runs while the container answers live already.</summary>
    public required Func<ModelContext, IModel> Create { get; init; }
}
