namespace Orchestrator.Container;

/// <summary>Loading -> Ready -> Draining, or Loading -> Draining.</summary>
internal enum ContainerPhase
{
    /// <summary>Listens; the model is being loaded.</summary>
    Loading,
    /// <summary>Serves.</summary>
    Ready,
    /// <summary>Finishes what runs and refuses the rest.</summary>
    Draining,
}

/// <summary>The phase, and how many requests of the model are under way.</summary>
internal sealed class ContainerState
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ContainerPhase _phase;
    private int _inFlight;

    public ContainerPhase Phase => _phase;

    /// <returns>False if a drain came first.</returns>
    public bool TryBecomeReady()
    {
        lock (_lock)
        {
            if (_phase != ContainerPhase.Loading)
            {
                return false;
            }

            _phase = ContainerPhase.Ready;
            return true;
        }
    }

    /// <summary>Refuses new work from now on.</summary>
    /// <returns>Completes when nothing is under way any more.</returns>
    public Task Drain()
    {
        bool idle;
        lock (_lock)
        {
            _phase = ContainerPhase.Draining;
            idle = _inFlight == 0;
        }

        if (idle)
        {
            _idle.TrySetResult();
        }

        return _idle.Task;
    }

    /// <summary>Begins a request if the phase is Ready; then <see cref="Leave"/> must follow. Phase and count change under one lock, so a drain misses none.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_phase != ContainerPhase.Ready)
            {
                return false;
            }

            _inFlight++;
            return true;
        }
    }

    public void Leave()
    {
        bool idle;
        lock (_lock)
        {
            idle = --_inFlight == 0 && _phase == ContainerPhase.Draining;
        }

        if (idle)
        {
            _idle.TrySetResult();
        }
    }
}
