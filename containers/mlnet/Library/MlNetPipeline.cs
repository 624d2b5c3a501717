using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Orchestrator.Container.MlNet.Model;
using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Library;

/// <summary>A model of ML.NET. One transformer is shared by all threads: it is immutable, and every call has a view and a cursor of its own (a PredictionEngine is not thread-safe).</summary>
internal sealed class MlNetPipeline : IPipeline
{
    private readonly ITransformer _transformer;
    private readonly DataViewSchema _schema;
    private readonly DataViewSchema _outputSchema;

    private MlNetPipeline(ITransformer transformer, DataViewSchema schema)
    {
        (_transformer, _schema) = (transformer, schema);
        _outputSchema = transformer.GetOutputSchema(schema);
        Inputs = [.. schema.Where(c => !c.IsHidden).Select(ColumnMapper.Map)];
        // A column of the schema's length and beyond was made; one before it was passed through. Hidden ones have a namesake that took their place.
        Outputs = [.. _outputSchema.Where(c => !c.IsHidden && (c.Index >= schema.Count || schema.GetColumnOrNull(c.Name) is null)).Select(ColumnMapper.Map)];
    }

    /// <inheritdoc/>
    public string Framework { get; } =
        "ML.NET " + (typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "");

    /// <inheritdoc/>
    public IReadOnlyList<PipelineColumn> Inputs { get; }

    /// <inheritdoc/>
    public IReadOnlyList<PipelineColumn> Outputs { get; }

    /// <summary>Loads a model's zip.</summary>
    /// <exception cref="ModelLoadException">It has no input schema.</exception>
    public static IPipeline Load(string file)
    {
        using var stream = File.OpenRead(file);
        var transformer = new MLContext().Model.Load(stream, out var schema);
        return schema is null
            ? throw new ModelLoadException($"{Path.GetFileName(file)} has no input schema; expected it to be saved as mlContext.Model.Save(model, data.Schema, file)")
            : new MlNetPipeline(transformer, schema);
    }

    /// <inheritdoc/>
    public IReadOnlySet<string>? InputsOf(IReadOnlyList<PipelineColumn> outputs)
    {
        if (!_transformer.IsRowToRowMapper)
        {
            return null;
        }

        try
        {
            var mapper = _transformer.GetRowToRowMapper(_schema);
            var names = mapper.GetDependencies(outputs.Select(o => mapper.OutputSchema[o.Name])).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
            return names.Count == 0 ? null : names;
        }
        catch (Exception failure) when (failure is InvalidOperationException or NotSupportedException or NotImplementedException)
        {
            // Some transformers map rows but not this question; then every input is asked for.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Run(InputTable inputs, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken)
    {
        var view = _transformer.Transform(new TableView(_schema, inputs));
        var columns = outputs.Select(o => view.Schema[o.Name]).ToArray();
        using var cursor = view.GetRowCursor(columns);
        var readers = outputs.Select((output, i) => ColumnReader.Create(cursor, columns[i], output)).ToArray();
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var read in readers)
            {
                read();
            }
        }
    }
}
