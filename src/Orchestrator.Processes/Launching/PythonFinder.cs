using System.Diagnostics;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Launching;

/// <summary>Finds a Python interpreter that has the modules a container needs. An answer is kept; a failure is not, for the user is about to remedy it.</summary>
internal sealed class PythonFinder(RunIdentity run, TimeProvider time)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    // Finds modules without running them: importing scikit-learn takes seconds on a busy machine, and the container, which is about to do it anyway, says
    // itself when one is there but broken. The answer's lines have a mark of their own, so that chatter at start-up does no harm.
    private const string Script =
        """
        import importlib.util, sys
        for name in sys.argv[1:]:
            try:
                found = importlib.util.find_spec(name) is not None
            except Exception:
                found = False
            if not found:
                print("\n!lacks " + name)
        print("\n!python " + sys.version.split()[0])
        """;

    private static readonly Dictionary<string, string> DebianPackages = new(StringComparer.Ordinal)
    {
        ["sklearn"] = "python3-sklearn", ["pandas"] = "python3-pandas", ["numpy"] = "python3-numpy", ["uvicorn"] = "uvicorn", ["httptools"] = "python3-httptools",
        ["uvloop"] = "python3-uvloop", ["joblib"] = "python3-joblib", ["onnx"] = "python3-onnx", ["torch"] = "python3-torch", ["xgboost"] = "python3-xgboost",
    };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<string>> _checks = new(StringComparer.Ordinal);

    /// <summary>Absolute path of the interpreter.</summary>
    /// <param name="chosen">From the spec: an interpreter or the folder of a virtual environment; null: look for one.</param>
    /// <param name="modules">The modules it must have.</param>
    /// <param name="searchPath">Where <c>python3</c> is looked for.</param>
    /// <param name="cancellationToken">Stops waiting; the check itself goes on for others.</param>
    /// <exception cref="ContainerStartException">None will do; says which were tried and what each lacks.</exception>
    public async Task<string> FindAsync(string? chosen, IReadOnlyList<string> modules, string? searchPath, CancellationToken cancellationToken)
    {
        var candidates = Candidates(chosen, searchPath);
        var findings = new List<string>();
        foreach (var candidate in candidates)
        {
            var lacks = await CheckAsync(candidate, modules).WaitAsync(cancellationToken);
            if (lacks.Length == 0)
            {
                return candidate;
            }

            findings.Add($"{candidate}: {lacks}");
        }

        throw new ContainerStartException(Explain(chosen, modules, findings));
    }

    private static List<string> Candidates(string? chosen, string? searchPath)
    {
        if (chosen is not null)
        {
            var path = Directory.Exists(chosen) ? Path.Combine(chosen, "bin", "python") : chosen;
            return ProgramFinder.Find(path, searchPath) is { } found
                ? [found]
                : throw new ContainerStartException($"interpreter '{chosen}' is neither a Python interpreter nor a virtual environment (looked for {path}); name one of the two.");
        }

        string?[] usual = [ProgramFinder.Find("python3", searchPath), "/usr/bin/python3", "/usr/local/bin/python3"];
        return [.. usual.OfType<string>().Where(File.Exists).Distinct(StringComparer.Ordinal)];
    }

    private async Task<string> CheckAsync(string interpreter, IReadOnlyList<string> modules)
    {
        var key = $"{interpreter}\0{string.Join('\0', modules)}";
        Task<string>? check;
        lock (_lock)
        {
            if (!_checks.TryGetValue(key, out check))
            {
                _checks[key] = check = Task.Run(() => AskAsync(interpreter, modules));
            }
        }

        var isGood = false;
        try
        {
            var lacks = await check;
            isGood = lacks.Length == 0;
            return lacks;
        }
        finally
        {
            if (!isGood)
            {
                lock (_lock)
                {
                    _checks.Remove(key);
                }
            }
        }
    }

    private async Task<string> AskAsync(string interpreter, IReadOnlyList<string> modules)
    {
        var start = new ProcessStartInfo(interpreter)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
        };
        string[] arguments = ["-c", Script, .. modules];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment.Clear();
        foreach (var (name, value) in ContainerVariables.Base(run))
        {
            start.Environment[name] = value;
        }

        try
        {
            using var python = Process.Start(start)!;
            python.StandardInput.Close();
            return await ReadFindingsAsync(python);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"cannot be run ({e.Message})";
        }
    }

    private async Task<string> ReadFindingsAsync(Process python)
    {
        var output = python.StandardOutput.ReadToEndAsync();
        var errors = python.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(output, errors, python.WaitForExitAsync()).WaitAsync(AnswerTimeout, time);
        }
        catch (TimeoutException)
        {
            python.Kill(entireProcessTree: true);
            return $"did not answer within {AnswerTimeout.TotalSeconds:0} s";
        }

        var lines = (await output).Split('\n');
        if (!lines.Any(l => l.StartsWith("!python ", StringComparison.Ordinal)))
        {
            return $"ended with code {python.ExitCode}: {(await errors).Trim().Split('\n')[^1]}";
        }

        return string.Join(", ", lines.Where(l => l.StartsWith("!lacks ", StringComparison.Ordinal)).Select(l => l[1..]));
    }

    private static string Explain(string? chosen, IReadOnlyList<string> modules, List<string> findings)
    {
        var tried = findings.Count == 0 ? "no python3 was found" : string.Join("; ", findings);
        var packages = string.Join(' ', modules.Select(m => DebianPackages.GetValueOrDefault(m, $"python3-{m}")));
        var names = string.Join(' ', modules.Select(m => m == "sklearn" ? "scikit-learn" : m));
        return chosen is not null
            ? $"The interpreter of the spec cannot serve this framework: {tried}. Install what it lacks: {findings.ConvertAll(f => f.Split(':')[0]).FirstOrDefault()} -m pip install {names}"
            : $"No Python interpreter has {string.Join(", ", modules)}: {tried}. Install them (apt-get install {packages}; or pip install {names}), or name another with 'interpreter' in the spec.";
    }
}
