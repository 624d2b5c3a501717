using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Docker.Running;

/// <summary>Names a state folder, so that containers of another one are never touched.</summary>
internal static class StateIdentity
{
    private const string FileName = "state-id";

    /// <summary>Reads the folder's id, or gives it one. A copy of the folder has another: its path is part of it.</summary>
    public static string Load(string workFolder)
    {
        Directory.CreateDirectory(workFolder);
        var file = Path.Combine(workFolder, FileName);
        var secret = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        if (secret.Length == 0)
        {
            secret = Guid.NewGuid().ToString("N");
            var fresh = file + ".new";
            File.WriteAllText(fresh, secret);
            File.Move(fresh, file, overwrite: true);
        }

        var state = SHA256.HashData(Encoding.UTF8.GetBytes($"{secret}|{Path.GetFullPath(workFolder)}"));
        return Convert.ToHexStringLower(state.AsSpan(0, 16));
    }
}
