namespace Orchestrator.Conformance.Tests;

/// <summary>
/// One slow batch computes, one waits, the others are refused. The computing one ends after so many signals (refusals, health probes), so that no clock is needed
/// to make "at the same time" certain.
/// </summary>
internal sealed class BusyGate
{
    private const int Signals = 4;
    private const int Capacity = 2;

    private readonly object _lock = new();
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private int _signals;

    public bool IsOccupied => Volatile.Read(ref _inside) > 0;

    public void Signal()
    {
        lock (_lock)
        {
            if (_inside > 0 && ++_signals >= Signals)
            {
                _opened.TrySetResult();
            }
        }
    }

    /// <summary>False: refused.</summary>
    public async Task<bool> TryPassAsync()
    {
        Task? opened = null;
        lock (_lock)
        {
            if (_inside < Capacity)
            {
                _inside++;
                opened = _opened.Task;
            }
        }

        if (opened is null)
        {
            Signal();
            return false;
        }

        await opened;
        lock (_lock)
        {
            if (--_inside == 0)
            {
                _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _signals = 0;
            }
        }

        return true;
    }
}
