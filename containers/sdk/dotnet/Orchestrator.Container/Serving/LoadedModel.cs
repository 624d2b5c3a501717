using System.Runtime.InteropServices;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>A model after loading: its signature checked, its metadata written once.</summary>
internal sealed record LoadedModel(ModelSignature Signature, ReadOnlyMemory<byte> Metadata)
{
    public static LoadedModel From(IModel model, ContainerDefinition definition, ContainerSettings settings)
    {
        var signature = model.Signature;
        signature.Validate();
        var metadata = new ModelMetadata
        {
            Name = settings.Model,
            Versions = [settings.Version],
            Platform = definition.Platform,
            Inputs = signature.Inputs,
            Outputs = signature.Outputs,
            Properties = Properties(signature, settings),
        };
        return new LoadedModel(signature, Answers.Bytes(writer => ModelMetadataCodec.Write(writer, metadata)));
    }

    private static Dictionary<string, string> Properties(ModelSignature signature, ContainerSettings settings)
    {
        var properties = new Dictionary<string, string>(signature.Properties) { ["concurrency"] = $"{settings.Concurrency}" };
        if (signature.MaxBatchSize is { } most)
        {
            properties["max_batch_size"] = $"{most}";
        }

        properties["framework"] = signature.Framework ?? RuntimeInformation.FrameworkDescription;
        if (signature.Warnings.Count > 0)
        {
            properties["warnings"] = string.Join('\n', signature.Warnings);
        }

        if (signature.OptionalInputs.Count > 0)
        {
            properties["optional_inputs"] = string.Join(',', signature.OptionalInputs);
        }

        if (signature.VaryingOutputs.Count > 0)
        {
            properties["varying_outputs"] = string.Join(',', signature.VaryingOutputs);
        }

        return properties;
    }
}
