using System.Diagnostics;
using System.Globalization;
using Orchestrator.Processes.Launching;

namespace Orchestrator.Processes.Lifetime;

/// <summary>
/// A shell that outlives this process by a moment. It blocks on a pipe whose other end only we hold; when we are gone, however that came (kill -9 too),
/// the pipe ends and it kills every process group it was told of and every process that carries our run id, until none is left. The parent death signal
/// alone would not do: children of a container do not inherit it.
/// </summary>
internal sealed class Watchdog(RunIdentity run) : IDisposable
{
    // Its own environment does not hold the run id, or it would find itself. It goes on looking for two seconds after the last find: a process that was
    // being started when we died carries the id only once its exec is done.
    private const string Script =
        """
        run=$1
        groups=
        while read -r verb group; do
          case $verb in
            add) groups="$groups $group" ;;
            drop) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
            done) exit 0 ;;
          esac
        done
        for g in $groups; do kill -s KILL -- "-$g"; done
        clean=0
        while [ "$clean" -lt 20 ]; do
          clean=$((clean + 1))
          for file in $(grep -lsazx "ORCHESTRATOR_RUN_ID=$run" /proc/[0-9]*/environ); do
            pid=${file#/proc/}
            kill -s KILL "${pid%/environ}"
            clean=0
          done
          sleep 0.1
        done
        """;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _groups = [];
    private Process? _shell;
    private bool _disposed;

    /// <summary>Starts it, or starts it again if somebody ended it; what runs already is told to it.</summary>
    public void EnsureRuns()
    {
        lock (_lock)
        {
            EnsureRunsNeedsLock();
        }
    }

    /// <summary>A process group that must not outlive us.</summary>
    public void Add(int group)
    {
        lock (_lock)
        {
            EnsureRunsNeedsLock();
            _groups.Add(group);
            TellNeedsLock("add", group);
        }
    }

    /// <summary>That group is gone; its number may come to name another.</summary>
    public void Drop(int group)
    {
        lock (_lock)
        {
            _groups.Remove(group);
            TellNeedsLock("drop", group);
        }
    }

    /// <summary>Sends it home: nothing of ours runs any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            TellNeedsLock("done", 0);
            _shell?.Dispose();
            _shell = null;
        }
    }

    private void EnsureRunsNeedsLock()
    {
        if (_disposed || _shell is { HasExited: false })
        {
            return;
        }

        _shell?.Dispose();
        // A session of its own: Ctrl-C in the terminal must not end it before us.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, WorkingDirectory = "/" };
        string[] arguments = ["-c", "exec >/dev/null 2>&1; command -v setsid >/dev/null && exec setsid /bin/sh -c \"$@\"; exec /bin/sh -c \"$@\"", "sh", Script, "orchestrator-watchdog", run.RunId];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        _shell = Process.Start(start)!;
        foreach (var group in _groups)
        {
            TellNeedsLock("add", group);
        }
    }

    private void TellNeedsLock(string verb, int group)
    {
        try
        {
            _shell?.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb} {group}"));
            _shell?.StandardInput.Flush();
        }
        catch (IOException)
        {
            // Somebody ended it. The next start of a container starts it again and tells it everything.
        }
    }
}
