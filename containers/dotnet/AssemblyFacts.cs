using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Orchestrator.Container.Dotnet;

/// <summary>What a file says about itself, read from its metadata without loading it: loading a wrong one would fail with far less helpful words.</summary>
/// <param name="Path">The file.</param>
/// <param name="TargetFramework">As in <c>.NETCoreApp,Version=v10.0</c>; null if it does not say.</param>
/// <param name="ContractVersion">The version of Orchestrator.Container it was built with; null: it does not use it.</param>
internal sealed record AssemblyFacts(string Path, string? TargetFramework, Version? ContractVersion)
{
    /// <summary>Null if the file is no .NET assembly.</summary>
    public static AssemblyFacts? TryRead(string path)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            if (!file.HasMetadata)
            {
                return null;
            }

            var metadata = file.GetMetadataReader();
            return metadata.IsAssembly ? new AssemblyFacts(path, FindTargetFramework(metadata), FindContract(metadata)) : null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }

    private static Version? FindContract(MetadataReader metadata)
    {
        foreach (var handle in metadata.AssemblyReferences)
        {
            var reference = metadata.GetAssemblyReference(handle);
            if (metadata.StringComparer.Equals(reference.Name, ModelLoadContext.ContractName))
            {
                return reference.Version;
            }
        }

        return null;
    }

    private static string? FindTargetFramework(MetadataReader metadata)
    {
        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind != HandleKind.MemberReference)
            {
                continue;
            }

            var constructor = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
            if (constructor.Parent.Kind == HandleKind.TypeReference
                && metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)constructor.Parent).Name, "TargetFrameworkAttribute"))
            {
                var value = metadata.GetBlobReader(attribute.Value);
                // A custom attribute's blob begins with the prolog 0x0001.
                value.ReadUInt16();
                return value.ReadSerializedString();
            }
        }

        return null;
    }
}
