using Orchestrator.Core;

namespace Orchestrator.Docker.Running;

/// <summary>
/// Folders that hold the sockets of containers, one each. Whoever the container runs as may make its socket there; nobody else on this machine can reach it, for the
/// folder around them is ours alone.
/// </summary>
internal sealed class SocketFolders
{
    public const string SocketName = "s";

    /// <summary>A socket's path may have 107 bytes.</summary>
    private const int LongestRoot = 107 - 1 - InstanceRoom - 1 - 1;
    private const int InstanceRoom = 16;

    private const UnixFileMode OursAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;

    private readonly string _root;

    /// <param name="workFolder">Holds them unless its path is too long for a socket.</param>
    /// <param name="stateId">Tells folders elsewhere apart.</param>
    /// <param name="shortFolder">Where they are then.</param>
    public SocketFolders(string workFolder, string stateId, string shortFolder)
    {
        var usual = Path.Combine(Path.GetFullPath(workFolder), "s");
        _root = System.Text.Encoding.UTF8.GetByteCount(usual) <= LongestRoot ? usual : Path.Combine(shortFolder, $"orchestrator-{stateId[..12]}");
    }

    /// <summary>Makes a replica's folder, empty.</summary>
    public string Create(ReplicaId replica)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Sockets in bind mounts need Linux.");
        }

        Directory.CreateDirectory(_root, OursAlone);
        File.SetUnixFileMode(_root, OursAlone);
        var folder = PathOf(replica.Instance);
        Delete(replica.Instance);
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Everybody);
        return folder;
    }

    public void Delete(string instance)
    {
        if (Directory.Exists(PathOf(instance)))
        {
            Directory.Delete(PathOf(instance), recursive: true);
        }
    }

    /// <summary>Removes what belongs to no running replica.</summary>
    public void KeepOnly(IReadOnlySet<string> instances)
    {
        if (!Directory.Exists(_root))
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(_root).Where(f => !instances.Contains(Path.GetFileName(f))))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string PathOf(string instance) => Path.Combine(_root, instance);
}
