using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Replicas;

/// <summary>Compares what two replicas of a version say of themselves.</summary>
internal static class SignatureComparer
{
    /// <summary>Null if requests fit both alike; otherwise the first difference, for people.</summary>
    public static string? Difference(ModelSignature expected, ModelSignature actual) =>
        Difference("inputs", expected.Inputs, actual.Inputs)
        ?? Difference("outputs", expected.Outputs, actual.Outputs)
        ?? (expected.OptionalInputs.Order(StringComparer.Ordinal).SequenceEqual(actual.OptionalInputs.Order(StringComparer.Ordinal))
            ? null
            : $"optional inputs are [{string.Join(", ", actual.OptionalInputs)}], expected [{string.Join(", ", expected.OptionalInputs)}]");

    private static string? Difference(string what, IReadOnlyList<TensorSignature> expected, IReadOnlyList<TensorSignature> actual)
    {
        var same = expected.Count == actual.Count && expected.Zip(actual).All(p => IsSame(p.First, p.Second));
        return same ? null : $"{what} are {Text(actual)}, expected {Text(expected)}";
    }

    private static bool IsSame(TensorSignature a, TensorSignature b) => a.Name == b.Name && a.Datatype == b.Datatype && a.Shape.SequenceEqual(b.Shape);

    private static string Text(IReadOnlyList<TensorSignature> tensors) =>
        "[" + string.Join(", ", tensors.Select(t => $"{t.Name} {t.Datatype}[{string.Join(',', t.Shape)}]")) + "]";
}
