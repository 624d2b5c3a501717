using System.Globalization;
using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Control.Probing;

/// <summary>Judges what a container says of itself: is it the one that was started, and can it be batched. Pure.</summary>
internal static class ContractReader
{
    private const string ConcurrencyProperty = "concurrency";
    private const string MaxBatchProperty = "max_batch_size";
    private const string OptionalProperty = "optional_inputs";
    private const string WarningsProperty = "warnings";

    public static ProbeOutcome Read(ModelVersionId id, ServerMetadata server, ModelMetadata model)
    {
        var ours = server.Extensions.Contains(ContractNames.ContainerExtension);
        var failure = WrongModel(id, model, ours) ?? WrongProperty(model, ConcurrencyProperty) ?? WrongProperty(model, MaxBatchProperty);
        if (failure is not null)
        {
            return ProbeOutcome.Unusable(failure);
        }

        var maxBatch = Number(model, MaxBatchProperty) ?? (HasBatchOfOne(model) ? 1 : null);
        return WrongShapes(model, maxBatch) is { } wrong
            ? ProbeOutcome.Unusable(wrong)
            : ProbeOutcome.Usable(new ReplicaContract(
                Signature(model), server.Extensions.Contains(ContractNames.BinaryExtension), Number(model, ConcurrencyProperty), maxBatch));
    }

    // A server of others numbers its versions as it likes; one of ours was told which version it serves.
    private static string? WrongModel(ModelVersionId id, ModelMetadata model, bool ours)
    {
        if (model.Name != id.Model)
        {
            return $"it serves model '{model.Name}', expected '{id.Model}': the container must serve under ORCHESTRATOR_MODEL";
        }

        return ours && model.Versions.Count > 0 && !model.Versions.Contains(id.Version)
            ? $"it serves version {string.Join(", ", model.Versions)} of model '{id.Model}', expected {id.Version}: the container must serve under ORCHESTRATOR_VERSION"
            : null;
    }

    private static string? WrongProperty(ModelMetadata model, string name) =>
        model.Properties.TryGetValue(name, out var text) && Number(model, name) is null
            ? $"property {name} is '{text}', expected a whole number of at least 1"
            : null;

    private static int? Number(ModelMetadata model, string name) =>
        model.Properties.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : null;

    private static bool HasBatchOfOne(ModelMetadata model) => model.Inputs.Any(i => i.Shape is [1, ..]);

    private static string? WrongShapes(ModelMetadata model, int? maxBatch)
    {
        if (model.Inputs.Count == 0 || model.Outputs.Count == 0)
        {
            return $"its metadata lists {model.Inputs.Count} inputs and {model.Outputs.Count} outputs, expected at least one of each";
        }

        foreach (var (kind, tensor) in model.Inputs.Select(i => ("input", i)).Concat(model.Outputs.Select(o => ("output", o))))
        {
            if (tensor.Shape.Length == 0 || (tensor.Shape[0] != -1 && tensor.Shape[0] != maxBatch))
            {
                return $"{kind} '{tensor.Name}' has shape [{string.Join(',', tensor.Shape)}], expected dimension 0 to be the batch: -1, or the number in property {MaxBatchProperty}";
            }

            if (tensor.Shape.Skip(1).Any(d => d is < -1))
            {
                return $"{kind} '{tensor.Name}' has shape [{string.Join(',', tensor.Shape)}], expected dimensions of at least 0, or -1 for a variable one";
            }
        }

        return null;
    }

    private static ModelSignature Signature(ModelMetadata model) => new()
    {
        Platform = model.Platform,
        Inputs = [.. model.Inputs.Select(Signature)],
        Outputs = [.. model.Outputs.Select(Signature)],
        OptionalInputs = Split(model, OptionalProperty, ','),
        Warnings = Split(model, WarningsProperty, '\n'),
        Properties = model.Properties,
    };

    private static TensorSignature Signature(TensorMetadata tensor) => new(tensor.Name, tensor.DataType.ToName(), tensor.Shape);

    private static string[] Split(ModelMetadata model, string name, char separator) =>
        model.Properties.TryGetValue(name, out var text) ? text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
}
