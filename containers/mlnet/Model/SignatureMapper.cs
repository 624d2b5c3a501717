using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Model;

/// <summary>From the schema's columns to a signature: a scalar column is a tensor of [-1], a vector one of [-1, n].</summary>
internal static class SignatureMapper
{
    /// <summary>Property of the metadata: a JSON object from an output's name to the names of its elements.</summary>
    public const string ElementNamesProperty = "element_names";

    /// <summary>Names are for people; a vector of more is no list of classes.</summary>
    private const int MostNames = 1000;

    // As in the tensors: names are not HTML.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="pipeline">The model.</param>
    /// <param name="outputs">Columns to answer.</param>
    /// <exception cref="ModelLoadException">An input that the outputs depend on cannot travel.</exception>
    public static ModelSignature Map(IPipeline pipeline, IReadOnlyList<PipelineColumn> outputs)
    {
        var needed = pipeline.InputsOf(outputs);
        var warnings = new List<string>();
        var inputs = new List<PipelineColumn>();
        foreach (var column in pipeline.Inputs)
        {
            if (column.DataType is not null)
            {
                inputs.Add(column);
            }
            else if (needed is null || needed.Contains(column.Name))
            {
                throw new ModelLoadException($"input column '{column.Name}' has the type {column.TypeName}, which no tensor can hold; expected numbers, booleans, texts, keys or vectors of them");
            }
        }

        if (inputs.Count == 0)
        {
            throw new ModelLoadException("the model's schema has no input column; expected one as mlContext.Model.Save(model, data.Schema, file) writes it");
        }

        if (needed is null)
        {
            warnings.Add("ML.NET cannot tell which inputs the outputs depend on; all of them are asked for, a training label too");
        }

        return new ModelSignature
        {
            Inputs = [.. inputs.Select(Input)],
            Outputs = [.. outputs.Select(Output)],
            OptionalInputs = [.. inputs.Where(c => needed is not null && !needed.Contains(c.Name)).Select(c => c.Name)],
            Framework = pipeline.Framework,
            Warnings = warnings,
            Properties = Names(outputs),
        };
    }

    private static TensorMetadata Input(PipelineColumn column) => new(column.Name, column.DataType!.Value, [-1, .. column.Dimensions.Select(d => (long)d)]);

    private static TensorMetadata Output(PipelineColumn column) =>
        new(column.Name, column.KeyTexts is null ? column.DataType!.Value : DataType.Bytes, [-1, .. OutputDimensions(column)]);

    // The library tells a vector's length per row, not how it divides into dimensions: unless all are known it is one.
    private static IEnumerable<long> OutputDimensions(PipelineColumn column) => column.Width < 0 ? [-1L] : column.Dimensions.Select(d => (long)d);

    private static Dictionary<string, string> Names(IReadOnlyList<PipelineColumn> outputs)
    {
        var names = outputs.Where(c => c.ElementNames is { Count: > 0 and <= MostNames }).ToDictionary(c => c.Name, c => c.ElementNames!);
        return names.Count == 0 ? [] : new() { [ElementNamesProperty] = JsonSerializer.Serialize(names, Plain) };
    }
}
