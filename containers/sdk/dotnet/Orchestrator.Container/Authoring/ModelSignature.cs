using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>What goes in and comes out of a model. Dimension 0 of each tensor is the batch and must be -1; other dimensions of -1 are variable.</summary>
public sealed record ModelSignature
{
    /// <summary>Inputs; at least one.</summary>
    public required IReadOnlyList<TensorMetadata> Inputs { get; init; }

    /// <summary>Outputs, in the order they are answered; at least one.</summary>
    public required IReadOnlyList<TensorMetadata> Outputs { get; init; }

    /// <summary>Names of inputs that a request may leave out. Default none.</summary>
    public IReadOnlyList<string> OptionalInputs { get; init; } = [];

    /// <summary>Names of outputs whose values differ from call to call by design: random ones, or such that tell about the batch. Default none.</summary>
    public IReadOnlyList<string> VaryingOutputs { get; init; } = [];

    /// <summary>Most rows of a batch; null: as many as fit into the body. Default null.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>Name and version of the framework, shown to users; null: .NET and its version.</summary>
    public string? Framework { get; init; }

    /// <summary>Shown to users on the model. Default none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Further properties of the model's metadata, for clients that know them, such as the names of classes. Names that the contract gives a meaning are overridden. Default none.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Throws unless the signature can be served.</summary>
    /// <exception cref="InvalidOperationException">It cannot; the message says which tensor and what was expected.</exception>
    internal void Validate()
    {
        ValidateTensors(Inputs, "input");
        ValidateTensors(Outputs, "output");
        ValidateNames(OptionalInputs, "input", "optional", Inputs);
        ValidateNames(VaryingOutputs, "output", "varying", Outputs);

        if (MaxBatchSize is < 1)
        {
            throw new InvalidOperationException($"MaxBatchSize is {MaxBatchSize}, expected at least 1 or null");
        }
    }

    internal static string Join(IEnumerable<TensorMetadata> tensors) => string.Join(", ", tensors.Select(t => $"'{t.Name}'"));

    private static void ValidateNames(IReadOnlyList<string> names, string kind, string quality, IReadOnlyList<TensorMetadata> tensors)
    {
        foreach (var name in names)
        {
            if (!tensors.Any(t => t.Name == name))
            {
                throw new InvalidOperationException($"{quality} {kind} '{name}' is no {kind} of the signature; expected one of {Join(tensors)}");
            }
        }
    }

    private static void ValidateTensors(IReadOnlyList<TensorMetadata> tensors, string kind)
    {
        if (tensors.Count == 0)
        {
            throw new InvalidOperationException($"the signature has no {kind}, expected at least one");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (string.IsNullOrEmpty(tensor.Name) || !names.Add(tensor.Name))
            {
                throw new InvalidOperationException($"the signature has the {kind} '{tensor.Name}' without a name or twice; expected different names");
            }

            if (tensor.Shape.Length == 0 || tensor.Shape[0] != -1 || tensor.Shape.Any(d => d < -1))
            {
                throw new InvalidOperationException($"{kind} '{tensor.Name}' has shape [{string.Join(',', tensor.Shape)}]; expected -1 (the batch) in dimension 0 and no dimension below -1");
            }
        }
    }
}
