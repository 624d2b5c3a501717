using System.Diagnostics;

namespace Orchestrator.Cli.Hosting;

/// <summary>Finds the program that <c>orch up</c> starts.</summary>
internal static class HostProgramFinder
{
    public const string Variable = "ORCHESTRATOR_HOST_PROGRAM";

    private const string Name = "Orchestrator.Host";

    private static readonly string[] ToolFolders = ["/usr/bin/", "/bin/", "/usr/local/bin/"];

    /// <exception cref="CliException">It is nowhere; says where it was looked for.</exception>
    public static string Find(string baseFolder, Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } chosen)
        {
            return File.Exists(chosen) ? chosen : throw new CliException(ExitCodes.Failed, $"{Variable} names {chosen}, which does not exist.");
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseFolder));
        var configuration = Path.GetFileName(folder);
        string[] candidates =
        [
            Path.Combine(folder, Name), // installed: both programs in one folder
            Path.GetFullPath(Path.Combine(folder, "..", "..", Name, configuration, Name)), // built: artifacts/bin/{project}/{configuration}
            Path.GetFullPath(Path.Combine(folder, "..", "..", Name, "release", Name)),
            Path.GetFullPath(Path.Combine(folder, "..", "..", Name, "debug", Name)),
        ];
        return candidates.FirstOrDefault(File.Exists) ?? throw new CliException(
            ExitCodes.Failed, $"The program {Name} was not found. Build it (dotnet build -c Release src/{Name}) or name it with {Variable}. Looked for: {string.Join(", ", candidates.Distinct())}");
    }

    /// <summary>In a session of its own (Ctrl-C reaches orch alone, which then ends it in order), and asked to end when orch is killed.</summary>
    public static ProcessStartInfo Wrap(string program, IReadOnlyList<string> arguments)
    {
        string[] wrapper = OperatingSystem.IsLinux() && Tool("setsid") is { } setsid && Tool("setpriv") is { } setpriv ? [setsid, setpriv, "--pdeathsig", "TERM", "--"] : [];
        string[] command = [.. wrapper, program, .. arguments];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(command[1..], start.ArgumentList.Add);
        return start;
    }

    private static string? Tool(string name) => ToolFolders.Select(f => f + name).FirstOrDefault(File.Exists);
}
