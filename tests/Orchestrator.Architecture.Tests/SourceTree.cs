using System.Reflection;
using System.Xml.Linq;

namespace Orchestrator.Architecture.Tests;

/// <summary>The repository as it lies on the disk, and the assemblies that were built from it.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>The projects of src.</summary>
    public static IReadOnlyList<SourceProject> Projects { get; } =
        [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(SourceProject.Read)];

    /// <summary>Every source file of src and tests, as relative path.</summary>
    public static IEnumerable<string> CSharpFiles(params string[] folders) =>
        folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.cs", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orchestrator.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run from inside the repository.");
        }

        return folder;
    }
}

/// <summary>One project of src.</summary>
internal sealed record SourceProject(string Name, IReadOnlyList<string> ProjectReferences, IReadOnlyList<string> PackageReferences, Assembly Assembly)
{
    public static SourceProject Read(string path)
    {
        var xml = XDocument.Load(path);
        var name = Path.GetFileNameWithoutExtension(path);
        var assembly = xml.Descendants("AssemblyName").SingleOrDefault()?.Value ?? name;
        return new SourceProject(
            name,
            [.. Includes(xml, "ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p.Replace('\\', '/')))],
            [.. Includes(xml, "PackageReference")],
            Assembly.Load(assembly));
    }

    /// <summary>What was written by hand: no closures, state machines, or code of source generators.</summary>
    public IEnumerable<Type> WrittenTypes() => Assembly.GetTypes().Where(t =>
        !t.FullName!.Contains('<', StringComparison.Ordinal)
        && t.Namespace?.StartsWith("Orchestrator", StringComparison.Ordinal) == true
        && !IsGenerated(t));

    private static bool IsGenerated(Type type)
    {
        for (var t = type; t is not null; t = t.DeclaringType)
        {
            if (t.GetCustomAttributesData().Any(a => a.AttributeType.Name is "CompilerGeneratedAttribute" or "GeneratedCodeAttribute"))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Includes(XDocument xml, string element) => xml.Descendants(element).Select(e => e.Attribute("Include")?.Value).OfType<string>();
}
