using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>A program that a benchmark starts and surely ends: asked first, killed if it does not, and killed by the kernel should the benchmark itself be killed.</summary>
internal sealed partial class ChildProgram : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int KillNow = 9;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Process> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;

    public int Id => _process!.Id;

    /// <summary>Starts <c>dotnet program arguments</c>, with variables of its own beside those of this process.</summary>
    public static Task<ChildProgram> StartDotnetAsync(string program, string[] arguments, string log, params IReadOnlyList<(string Name, string Value)> variables)
    {
        var dotnet = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        // As the orchestrator runs (see its project file): the servers compared must not differ in this.
        (string Name, string Value)[] all = [("DOTNET_gcServer", "1"), ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"), .. variables];
        return StartAsync([dotnet, program, .. arguments], all.ToDictionary(v => v.Name, v => v.Value), log);
    }

    /// <summary>Starts a command.</summary>
    public static async Task<ChildProgram> StartAsync(string[] command, IReadOnlyDictionary<string, string> environment, string log)
    {
        var child = new ChildProgram();
        // The parent death signal fires when the thread that started the child ends, so this one waits for the child's end.
        new Thread(() => child.Run(command, environment, log)) { IsBackground = true, Name = "child starter" }.Start();
        child._process = await child._started.Task;
        return child;
    }

    /// <summary>Waits for a line that <paramref name="read"/> makes something of, among those written so far too; one wait at a time.</summary>
    public async Task<T> WaitForLineAsync<T>(Func<string, T?> read, CancellationToken stop)
        where T : class
    {
        using var timeout = new CancellationTokenSource(StartTimeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        try
        {
            for (var at = 0; ; at++)
            {
                if (at == _seen.Count)
                {
                    _seen.Add(await _lines.Reader.ReadAsync(either.Token));
                }

                if (read(_seen[at]) is { } found)
                {
                    return found;
                }
            }
        }
        catch (Exception e) when (e is ChannelClosedException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            var happened = e is ChannelClosedException ? "ended before it was ready" : $"was not ready within {StartTimeout}";
            throw new BenchmarkException($"the program {happened}; it wrote: {string.Join('\n', _seen.TakeLast(10))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_exited.Task.IsCompleted)
        {
            _ = Kill(Id, Terminate);
            if (await Task.WhenAny(_exited.Task, Task.Delay(EndTimeout, TimeProvider.System)) != _exited.Task)
            {
                _process!.Kill();
                await _exited.Task;
            }
        }

        // Its whole group, which setsid made it the leader of: workers that it left behind.
        _ = Kill(-Id, KillNow);

        _process!.Dispose();
    }

    private void Run(string[] program, IReadOnlyDictionary<string, string> environment, string log)
    {
        try
        {
            using var file = new StreamWriter(log);
            // In a session of its own: Ctrl-C reaches the benchmark alone, which then ends its programs in order.
            var start = new ProcessStartInfo("setsid") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
            string[] command = ["setpriv", "--pdeathsig", "KILL", "--", .. program];
            Array.ForEach(command, start.ArgumentList.Add);
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }

            // The load generator itself runs with it (tests/bench.sh); of its children the orchestrator decides for itself, and the others run as they would alone.
            start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
            var process = new Process { StartInfo = start };
            process.OutputDataReceived += (_, line) => Take(line.Data, file);
            process.ErrorDataReceived += (_, line) => Take(line.Data, file);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _started.SetResult(process);
            process.WaitForExit();
        }
        catch (Exception e)
        {
            _started.TrySetException(new BenchmarkException($"{program[0]} cannot be started (it needs setsid and setpriv of util-linux): {e.Message}"));
        }

        _lines.Writer.TryComplete();
        _exited.SetResult();
    }

    private void Take(string? line, StreamWriter file)
    {
        if (line is null)
        {
            return;
        }

        lock (file)
        {
            file.WriteLine(line);
            file.Flush();
        }

        _lines.Writer.TryWrite(line);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
