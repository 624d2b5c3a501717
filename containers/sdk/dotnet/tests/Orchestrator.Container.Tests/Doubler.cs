using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

#pragma warning disable CA1515, IDE0011 // As it stands in the README.
public sealed class Doubler : IModel
{
    public ModelSignature Signature { get; } = new()
    {
        Inputs = [new TensorMetadata("x", DataType.Fp64, [-1, 2])],
        Outputs = [new TensorMetadata("y", DataType.Fp64, [-1, 2])],
    };

    public ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        var x = batch.Values<double>("x");    // all rows, row-major, no copy
        var y = batch.Output<double>("y");    // to be filled; zeros at first
        for (var i = 0; i < x.Length; i++) y[i] = 2 * x[i];
        return ValueTask.CompletedTask;
    }
}
