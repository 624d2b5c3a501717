using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

/// <summary>Doubles numbers and repeats texts. A test can hold it inside a batch and see what it was given.</summary>
internal sealed class GateModel : IModel, IModelRoutes, IDisposable
{
    /// <summary>A row with this number fails alone.</summary>
    public const double BadRow = -1;

    /// <summary>A batch with this number throws.</summary>
    public const double BadBatch = -2;

    /// <summary>How long a test waits for what must happen; only a broken container reaches it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _entered = new(0);
    private int _calls;

    public bool Holds { get; set; }

    public ManualResetEventSlim Gate { get; } = new();

    public TaskCompletionSource StreamGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Calls => Volatile.Read(ref _calls);

    public string? TraceParent { get; private set; }

    public string? Thread { get; private set; }

    public CancellationToken Token { get; private set; }

    public bool Disposed { get; private set; }

    public ModelSignature Signature { get; init; } = new()
    {
        Inputs = [new TensorMetadata("x", DataType.Fp64, [-1, 2]), new TensorMetadata("t", DataType.Bytes, [-1])],
        Outputs = [new TensorMetadata("y", DataType.Fp64, [-1, 2]), new TensorMetadata("u", DataType.Bytes, [-1])],
        OptionalInputs = ["t"],
        MaxBatchSize = 100,
        Framework = "gate 1",
        Warnings = ["first", "second"],
    };

    /// <summary>Returns once one more batch was given to it.</summary>
    public async Task EnteredAsync() =>
        (await _entered.WaitAsync(Patience, TestContext.Current.CancellationToken)).ShouldBeTrue("no batch reached the model");

    public ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        TraceParent = batch.TraceParent;
        Thread = System.Threading.Thread.CurrentThread.Name;
        Token = cancellationToken;
        _entered.Release();
        if (Holds)
        {
            Gate.Wait(CancellationToken.None);
        }

        var x = batch.Values<double>("x");
        var y = batch.Output<double>("y");
        for (var i = 0; i < x.Length; i++)
        {
            y[i] = 2 * x[i];
            if (x[i] == BadRow)
            {
                batch.FailRow(i / 2, $"row with {BadRow}");
            }

            if (x[i] == BadBatch)
            {
                throw new InvalidOperationException($"batch with {BadBatch}");
            }
        }

        batch.SetTexts("u", batch.Find("t") is null ? new string?[batch.Rows] : batch.Texts("t"));
        return ValueTask.CompletedTask;
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/lines", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("one\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await StreamGate.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("two\n", context.RequestAborted);
        });
        routes.MapGet("/broken", (HttpContext _) => throw new InvalidOperationException("broken route"));
    }

    public void Dispose() => Disposed = true;
}
