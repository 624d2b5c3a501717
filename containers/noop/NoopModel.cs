using System.Diagnostics;
using Microsoft.AspNetCore.Routing;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Noop;

/// <summary>Answers row sums after the time it was told to take, and misbehaves on demand.</summary>
internal sealed class NoopModel(NoopOptions options, TimeProvider time) : IModel, IModelRoutes
{
    private readonly PreciseWait _wait = new(time, options.Sleep);
    private readonly BatchDuration _duration = new(options);
    private int _batches;

    public ModelSignature Signature { get; } = new()
    {
        Inputs = [new TensorMetadata("input", DataType.Fp64, [-1, options.Columns ?? -1])],
        Outputs = [new TensorMetadata("output", DataType.Fp64, [-1]), new TensorMetadata("batch_size", DataType.Int64, [-1])],
        VaryingOutputs = ["batch_size"],
        MaxBatchSize = options.MaxBatchSize,
        Framework = "noop",
    };

    public async ValueTask LoadAsync(ModelContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(options.LoadMs), time, cancellationToken);
        if (options.RefuseLoad)
        {
            throw new ModelLoadException("option refuseLoad is true, so the model does not load; expected false or none; remove the option");
        }
    }

    public ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var input = batch.Values<double>("input");
        var columns = input.Length / batch.Rows;
        var sums = batch.Output<double>("output");
        batch.Output<long>("batch_size").Fill(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
        {
            sums[row] = Sum(batch, row, input.Slice(row * columns, columns));
        }

        if (options.FailEvery is { } every && Interlocked.Increment(ref _batches) % every == 0)
        {
            throw new InvalidOperationException($"option failEvery is {every}");
        }

        _wait.Until(begun, _duration.Next(batch.Rows));
        return ValueTask.CompletedTask;
    }

    public void MapRoutes(IEndpointRouteBuilder routes) => NoopRoutes.Map(routes, time);

    private double Sum(Batch batch, int row, ReadOnlySpan<double> values)
    {
        if (values.Length > 0)
        {
            Misbehave(batch, row, values[0]);
        }

        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private void Misbehave(Batch batch, int row, double first)
    {
        if (first == options.RowErrorValue)
        {
            batch.FailRow(row, $"row {row} starts with rowErrorValue {first}");
        }
        else if (first == options.FailValue)
        {
            throw new InvalidOperationException($"row {row} starts with failValue {first}");
        }
        else if (first == options.HangValue)
        {
            new ManualResetEventSlim().Wait(CancellationToken.None);
        }
        else if (first == options.CrashValue)
        {
            // SIGKILL: as a process that the kernel ends for its memory.
            using var self = Process.GetCurrentProcess();
            self.Kill();
            new ManualResetEventSlim().Wait(CancellationToken.None);
        }
    }
}
