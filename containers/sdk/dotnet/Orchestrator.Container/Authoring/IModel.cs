using Microsoft.AspNetCore.Routing;

namespace Orchestrator.Container;

/// <summary>
/// What an author writes: a signature and one function for a whole batch. One instance serves the container; with <c>ORCHESTRATOR_CONCURRENCY</c> above 1
/// <see cref="PredictAsync"/> is called by that many threads at the same time. If it is <see cref="IDisposable"/> it is disposed after the drain.
/// </summary>
public interface IModel
{
    /// <summary>Inputs and outputs; read once, after <see cref="LoadAsync"/>.</summary>
    ModelSignature Signature { get; }

    /// <summary>
    /// Computes one batch: reads the inputs of <paramref name="batch"/> and fills all its outputs. Runs on a thread of its own, never on the I/O loop, and may block it.
    /// An exception fails the whole batch (500, with type and message); <see cref="Batch.FailRow"/> fails single rows.
    /// </summary>
    /// <param name="batch">Valid until the returned task has completed; memory of its inputs and outputs is reused afterwards.</param>
    /// <param name="cancellationToken">Cancelled when the caller has gone; honouring it is optional.</param>
    ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken);

    /// <summary>Loads what the model needs; the container answers <em>live</em> meanwhile and <em>ready</em> only afterwards. An exception ends it with a FATAL line and exit code 3, a <see cref="ConfigurationException"/> with code 2.</summary>
    ValueTask LoadAsync(ModelContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>A model that has HTTP routes of its own besides the contract's (streams included). They run on the I/O threads and must not compute there.</summary>
public interface IModelRoutes
{
    /// <summary>Called once, after the model was loaded. Paths of the contract (<c>/v2...</c>) never arrive here.</summary>
    void MapRoutes(IEndpointRouteBuilder routes);
}
