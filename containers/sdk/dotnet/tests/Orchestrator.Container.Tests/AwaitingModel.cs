namespace Orchestrator.Container.Tests;

/// <summary>Awaits inside a batch, as a model that calls another service does.</summary>
internal sealed class AwaitingModel : IModel
{
    private int _running;
    private int _mostRunning;

    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Running => Volatile.Read(ref _running);

    public int MostRunning => Volatile.Read(ref _mostRunning);

    public ModelSignature Signature { get; } = new Doubler().Signature;

    public async ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        var running = Interlocked.Increment(ref _running);
        Interlocked.CompareExchange(ref _mostRunning, running, running - 1);
        Entered.TrySetResult();
        await Gate.Task;
        batch.Output<double>("y").Fill(1);
        Interlocked.Decrement(ref _running);
    }
}
