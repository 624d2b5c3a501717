using System.Globalization;
using System.Text;

namespace Orchestrator.Processes.Lifetime;

/// <summary>Finds processes by what <c>/proc</c> says of them.</summary>
internal static class ProcessTable
{
    /// <summary>Processes that run with all the given environment variables, from their start on; ended ones that nobody has collected yet (zombies) are not among them.</summary>
    public static List<int> FindByEnvironment(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var wanted = new byte[variables.Length][];
        for (var i = 0; i < variables.Length; i++)
        {
            wanted[i] = Encoding.UTF8.GetBytes($"\0{variables[i].Name}={variables[i].Value}\0");
        }

        return [.. All().Where(pid => HasAll(pid, wanted))];
    }

    /// <summary>Processes of a session, but for zombies.</summary>
    public static List<int> FindBySession(int session) => [.. All().Where(pid => ReadSession(pid) == session)];

    /// <summary>Whether it runs; a zombie does not.</summary>
    public static bool IsAlive(int pid) => ReadSession(pid) is not null;

    private static IEnumerable<int> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid != Environment.ProcessId)
            {
                yield return pid;
            }
        }
    }

    // A zombie's environment is empty.
    private static bool HasAll(int pid, byte[][] wanted)
    {
        var environment = Read(pid, "environ");
        if (environment.Length == 0)
        {
            return false;
        }

        byte[] framed = [0, .. environment, 0];
        return Array.TrueForAll(wanted, w => framed.AsSpan().IndexOf(w) >= 0);
    }

    // "pid (name, which may hold spaces and brackets) state ppid pgrp session ..."
    private static int? ReadSession(int pid)
    {
        var stat = Encoding.UTF8.GetString(Read(pid, "stat"));
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 3 && fields[0] is not ("Z" or "X") ? int.Parse(fields[3], CultureInfo.InvariantCulture) : null;
    }

    private static byte[] Read(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is another user's and so none of ours.
            return [];
        }
    }
}
