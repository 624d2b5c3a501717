using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orchestrator.Processes.Launching;

/// <summary>
/// Starts child processes, all from one thread that lives until this is disposed: the parent death signal that <c>setpriv</c> asks for fires when the
/// <em>thread</em> that started the child ends, and a thread of the pool may end at any time.
/// </summary>
internal sealed class ChildStarter : IDisposable
{
    private readonly BlockingCollection<Action> _starts = [];
    private readonly Thread _thread;

    public ChildStarter()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "container starter" };
        _thread.Start();
    }

    /// <summary>Starts a process; the result is the caller's to dispose.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} was not started."));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    /// <summary>Ends the thread, and with it every child that still lives.</summary>
    public void Dispose()
    {
        _starts.CompleteAdding();
        _thread.Join();
        _starts.Dispose();
    }

    private void Run()
    {
        foreach (var start in _starts.GetConsumingEnumerable())
        {
            start();
        }
    }
}
