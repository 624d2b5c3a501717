using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Model;

/// <summary>Serves one pipeline. It is shared by all threads; each batch gets a table of its own.</summary>
/// <param name="load">Loads a pipeline from a file.</param>
internal sealed class MlNetModel(Func<string, IPipeline> load) : IModel
{
    private IPipeline? _pipeline;
    private IReadOnlyList<PipelineColumn> _outputs = [];
    private ModelSignature? _signature;

    /// <inheritdoc/>
    public ModelSignature Signature => _signature ?? throw new InvalidOperationException("The model is not loaded.");

    /// <inheritdoc/>
    public ValueTask LoadAsync(ModelContext context, CancellationToken cancellationToken)
    {
        context.Options.AllowOnly(OutputChoice.Option);
        _pipeline = PipelineLoader.Load(ModelFile.Find(context), load);
        _outputs = OutputChoice.Choose(_pipeline.Outputs, context.Options);
        _signature = SignatureMapper.Map(_pipeline, _outputs);

        // One row of defaults: what cannot be computed at all is found now and not by the first request.
        TryOnDefaults(cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        var sinks = OutputColumns.Create(_outputs);
        _pipeline!.Run(InputTable.From(_pipeline.Inputs, batch), sinks, cancellationToken);
        foreach (var sink in sinks)
        {
            sink.WriteTo(batch);
        }

        return ValueTask.CompletedTask;
    }

    private void TryOnDefaults(CancellationToken cancellationToken)
    {
        try
        {
            _pipeline!.Run(InputTable.OfDefaults(_pipeline.Inputs, rows: 1), OutputColumns.Create(_outputs), cancellationToken);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or OutOfMemoryException))
        {
            throw new ModelLoadException($"the model cannot compute a row of default values: {failure.GetType().Name}: {failure.Message} Expected a pipeline that maps single rows", failure);
        }
    }
}
