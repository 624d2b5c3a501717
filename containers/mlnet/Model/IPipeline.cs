using Orchestrator.Container.MlNet.Tables;

namespace Orchestrator.Container.MlNet.Model;

/// <summary>A loaded ML.NET model, in our words: all that is asked of the library. Safe for parallel calls.</summary>
internal interface IPipeline
{
    /// <summary>Name and version of the library, for the metadata.</summary>
    string Framework { get; }

    /// <summary>Columns of the schema it was trained on; the training's label is among them.</summary>
    IReadOnlyList<PipelineColumn> Inputs { get; }

    /// <summary>Columns that it makes and that can be addressed by name; intermediate ones too.</summary>
    IReadOnlyList<PipelineColumn> Outputs { get; }

    /// <summary>Names of the inputs that the outputs are computed from; null if the library cannot tell.</summary>
    IReadOnlySet<string>? InputsOf(IReadOnlyList<PipelineColumn> outputs);

    /// <summary>Computes all rows in order, appending one row to each of <paramref name="outputs"/> per row of <paramref name="inputs"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    void Run(InputTable inputs, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken);
}
