using Microsoft.Extensions.Logging;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Holds the observed state and writes it to the registry when it changed. What is in memory holds, also while it cannot be written.</summary>
internal sealed partial class ObservedStore(IModelRegistry registry, ProblemBoard problems, ILogger logger)
{
    private const string Source = "registry write";

    private bool _dirty;

    public ObservedState State { get; private set; } = ObservedState.Empty;

    public ModelObservation Of(string model) => State.Models.GetValueOrDefault(model) ?? new ModelObservation();

    /// <summary>What a former control plane left; before anything else.</summary>
    public void Begin(ObservedState state) => State = state;

    /// <returns>Whether anything changed.</returns>
    public bool Change(string model, Func<ModelObservation, ModelObservation> change)
    {
        var before = Of(model);
        var after = change(before);
        if (after == before)
        {
            return false;
        }

        State = new ObservedState { Models = new Dictionary<string, ModelObservation>(State.Models) { [model] = after } };
        return _dirty = true;
    }

    public void Forget(string model)
    {
        var models = new Dictionary<string, ModelObservation>(State.Models);
        if (models.Remove(model))
        {
            State = new ObservedState { Models = models };
            _dirty = true;
        }
    }

    public async Task PersistAsync(CancellationToken cancellationToken)
    {
        if (!_dirty)
        {
            return;
        }

        try
        {
            await registry.WriteObservedAsync(State, cancellationToken);
            _dirty = false;
            problems.Clear(Source);
        }
        catch (RegistryException exception)
        {
            // What serves must not depend on a full disk: go on, say so, try again with the next pass.
            Log.NotStored(logger, exception);
            problems.Set(Source, $"what was reached cannot be stored ({exception.Message}); serving goes on, a restart would know an older state");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3121, EventName = "ObservedNotStored", Level = LogLevel.Error, Message = "What was reached cannot be stored; serving goes on")]
        public static partial void NotStored(ILogger logger, Exception exception);
    }
}
