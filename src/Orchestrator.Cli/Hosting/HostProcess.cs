using System.Diagnostics;

namespace Orchestrator.Cli.Hosting;

/// <summary>The orchestrator as a child of <c>orch up</c>.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Process> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;

    private HostProcess()
    {
    }

    /// <summary>Its exit code, once all it wrote is in the log.</summary>
    public Task<int> Exited => _exited.Task;

    /// <exception cref="CliException">It cannot be started.</exception>
    public static async Task<HostProcess> StartAsync(ProcessStartInfo start, HostLog log)
    {
        var host = new HostProcess();
        // The parent death signal fires when the thread that started the child ends: this one waits for the child's end.
        new Thread(() => host.Run(start, log)) { IsBackground = true, Name = "host starter" }.Start();
        host._process = await host._started.Task;
        return host;
    }

    /// <summary>Asks it to end in order: requests are finished, containers drained.</summary>
    public void Stop()
    {
        if (!_exited.Task.IsCompleted)
        {
            Native.Terminate(_process!.Id);
        }
    }

    /// <summary>Ends it at once; its containers die with it.</summary>
    public void Kill()
    {
        if (!_exited.Task.IsCompleted)
        {
            _process!.Kill();
        }
    }

    public void Dispose() => _process?.Dispose();

    private void Run(ProcessStartInfo start, HostLog log)
    {
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            var pumps = Task.WhenAll(log.PumpAsync(process.StandardOutput), log.PumpAsync(process.StandardError));
            _started.SetResult(process);
            process.WaitForExit();
            pumps.GetAwaiter().GetResult();
            _exited.SetResult(process.ExitCode);
        }
        catch (Exception e)
        {
            var error = new CliException(ExitCodes.Failed, $"{start.FileName} cannot be started: {e.Message}", innerException: e);
            if (!_started.TrySetException(error))
            {
                _exited.TrySetException(error);
            }
        }
    }
}
