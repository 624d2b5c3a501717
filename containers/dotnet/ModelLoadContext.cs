using System.Reflection;
using System.Runtime.Loader;

namespace Orchestrator.Container.Dotnet;

/// <summary>
/// The user's assemblies by themselves: their own versions of what they depend on, whatever this program uses. Only the contract is shared,
/// because an <see cref="IModel"/> of another copy of it would be another type.
/// </summary>
internal sealed class ModelLoadContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
{
    public const string ContractName = "Orchestrator.Container";
    private const string ProtocolName = "Orchestrator.Protocol";
    private readonly AssemblyDependencyResolver _resolver = new(path);

    public static bool IsShared(string? assemblyName) => assemblyName is ContractName or ProtocolName;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (IsShared(assemblyName.Name))
        {
            return null;
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : IntPtr.Zero;
}
