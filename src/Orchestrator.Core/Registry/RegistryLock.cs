namespace Orchestrator.Core.Registry;

/// <summary>Where a state folder says that an orchestrator uses it: the one that takes the lock and those that look before they touch the folder must agree.</summary>
public static class RegistryLock
{
    /// <summary>The registry's folder in a state folder.</summary>
    public const string Folder = "registry";

    /// <summary>The file that is locked, in the registry's folder.</summary>
    public const string FileName = "lock";

    /// <summary>Beside it, the process id of whoever holds it.</summary>
    public const string HolderFileName = "lock.holder";
}
