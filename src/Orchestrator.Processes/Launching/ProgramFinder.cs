namespace Orchestrator.Processes.Launching;

/// <summary>Finds programs as a shell would.</summary>
internal static class ProgramFinder
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Absolute path of the program; null if there is none that can be run.</summary>
    public static string? Find(string program, string? searchPath)
    {
        if (program.Contains('/'))
        {
            return IsExecutable(program) ? Path.GetFullPath(program) : null;
        }

        return (searchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && OperatingSystem.IsLinux() && (File.GetUnixFileMode(path) & AnyExecute) != 0;
}
