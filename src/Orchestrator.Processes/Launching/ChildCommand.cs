using System.Diagnostics;

namespace Orchestrator.Processes.Launching;

/// <summary>Wraps a program so that it runs in a session of its own, dies with its parent, and writes both streams into one pipe.</summary>
internal sealed class ChildCommand
{
    private const string Shell = "/bin/sh";
    private const string SystemPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

    private readonly string? _setsid = FindTool("setsid");
    private readonly string? _setpriv = FindTool("setpriv");

    /// <summary>What is missing for the full guarantee, for people; null: nothing.</summary>
    public string? Shortcoming =>
        _setsid is null ? "setsid is missing: Ctrl-C in the terminal ends containers at once, not after their drain; install util-linux"
        : _setpriv is null ? "setpriv is missing: containers end a moment later than an orchestrator that is killed; install util-linux"
        : null;

    /// <summary>The start of a program; every step replaces itself by the next, so its process id stays the same.</summary>
    public ProcessStartInfo Wrap(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        var start = new ProcessStartInfo(Shell)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        // One pipe for both streams keeps their lines in the order they were written.
        string[] wrapper = ["-c", "exec \"$@\" 2>&1", "container", .. Steps(), .. command];
        foreach (var argument in wrapper)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private IEnumerable<string> Steps()
    {
        if (_setsid is not null)
        {
            yield return _setsid;
        }

        if (_setpriv is not null)
        {
            yield return _setpriv;
            yield return "--pdeathsig";
            yield return "KILL";
            yield return "--";
        }
    }

    private static string? FindTool(string name) => ProgramFinder.Find(name, SystemPath);
}
