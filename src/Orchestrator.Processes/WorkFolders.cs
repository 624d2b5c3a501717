using Orchestrator.Core;

namespace Orchestrator.Processes;

/// <summary>Logs and working directories under the work folder.</summary>
internal sealed class WorkFolders
{
    private const int LogsKept = 200;

    private readonly string _logs;
    private readonly string _directories;

    public WorkFolders(string workFolder)
    {
        _logs = Path.Combine(Path.GetFullPath(workFolder), "logs");
        _directories = Path.Combine(Path.GetFullPath(workFolder), "run");
    }

    /// <summary>Makes the folders; of former runs working directories go, and all but the newest logs.</summary>
    public void Clean()
    {
        Directory.CreateDirectory(_logs);
        if (Directory.Exists(_directories))
        {
            Directory.Delete(_directories, recursive: true);
        }

        Directory.CreateDirectory(_directories);
        foreach (var old in new DirectoryInfo(_logs).EnumerateFiles().OrderByDescending(f => f.LastWriteTimeUtc).Skip(LogsKept))
        {
            old.Delete();
        }
    }

    /// <summary>Makes the working directory of a replica and names its log file.</summary>
    public (string WorkingDirectory, string LogFile) Create(ReplicaId replica)
    {
        var name = Sanitise($"{replica.ModelVersion.Model}-{replica.ModelVersion.Version}-{replica.Instance}");
        var directory = Path.Combine(_directories, name);
        Directory.CreateDirectory(directory);
        return (directory, Path.Combine(_logs, name + ".log"));
    }

    // Specs are validated; this holds even for one that was not.
    private static string Sanitise(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}
