using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Processes;

/// <summary>Marks every process that this runtime starts, so that it, its watchdog and its successor find them.</summary>
/// <param name="RunId">Unique to this run.</param>
/// <param name="StateId">The same for every run on one work folder; another folder, also a copy of it, has another.</param>
internal sealed record RunIdentity(string RunId, string StateId)
{
    private const string FileName = "runtime-id";

    /// <summary>Reads the folder's id, or gives it one.</summary>
    public static RunIdentity Load(string workFolder)
    {
        var file = Path.Combine(workFolder, FileName);
        var secret = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        if (secret.Length == 0)
        {
            secret = Guid.NewGuid().ToString("N");
            var fresh = file + ".new";
            File.WriteAllText(fresh, secret);
            File.Move(fresh, file, overwrite: true);
        }

        // With the path in it a copied folder never ends the processes of the one it was copied from.
        var state = SHA256.HashData(Encoding.UTF8.GetBytes($"{secret}|{Path.GetFullPath(workFolder)}"));
        return new RunIdentity(Guid.NewGuid().ToString("N"), Convert.ToHexStringLower(state.AsSpan(0, 16)));
    }
}
