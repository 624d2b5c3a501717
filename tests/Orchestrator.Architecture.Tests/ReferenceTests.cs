using System.Reflection;

namespace Orchestrator.Architecture.Tests;

public sealed class ReferenceTests
{
    public static TheoryData<string> Projects => [.. SourceTree.Projects.Select(p => p.Name)];

    private static (SourceProject Project, ProjectRule Rule) Find(string name)
    {
        ProjectTable.Rules.Keys.ShouldContain(name, "a new project needs a row in the table here and in docs/architecture.md");
        return (SourceTree.Projects.Single(p => p.Name == name), ProjectTable.Rules[name]);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreThoseOfTheTable(string name)
    {
        var (project, rule) = Find(name);
        project.ProjectReferences.Except(rule.Projects).ShouldBeEmpty();
        project.PackageReferences.Except(rule.Packages).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_References_AreThoseOfTheTable(string name)
    {
        var (project, rule) = Find(name);
        project.Assembly.GetReferencedAssemblies()
            .Select(a => a.Name!)
            .Where(a => !rule.Projects.Contains(a) && !rule.Packages.Contains(a) && !IsOfTheFramework(a, rule))
            .ShouldBeEmpty();
    }

    /// <summary>Microsoft.Extensions.* are the framework's own logging, options and injection; the web server itself is the Host's alone.</summary>
    private static bool IsOfTheFramework(string assembly, ProjectRule rule)
    {
        if (assembly == "Microsoft.AspNetCore" || assembly.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal))
        {
            return rule.MayUseAspNetCore;
        }

        return (assembly.StartsWith("System.", StringComparison.Ordinal) && assembly != "System.CommandLine")
            || assembly is "System" or "netstandard" or "mscorlib"
            || assembly.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
            || assembly.StartsWith("Microsoft.Win32.", StringComparison.Ordinal)
            || (rule.MayUseAspNetCore && assembly.StartsWith("Microsoft.Net.Http.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Orchestrator.Serving", "Orchestrator.Control")]
    [InlineData("Orchestrator.Control", "Orchestrator.Serving")]
    [InlineData("Orchestrator.Storage", "Orchestrator.Processes")]
    [InlineData("Orchestrator.Processes", "Orchestrator.Storage")]
    public void Plane_OtherPlane_IsNeverReachedEvenIndirectly(string from, string to)
    {
        var reached = new HashSet<string>();
        var open = new Queue<Assembly>([SourceTree.Projects.Single(p => p.Name == from).Assembly]);
        while (open.TryDequeue(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies().Where(r => r.Name!.StartsWith("Orchestrator.", StringComparison.Ordinal) && reached.Add(r.Name!)))
            {
                open.Enqueue(Assembly.Load(reference));
            }
        }

        reached.ShouldNotContain(to);
    }

    [Fact]
    public void YamlDotNet_Types_AreKnownToOneFile() =>
        SourceTree.CSharpFiles("src").Where(f => SourceTree.Read(f).Contains("using YamlDotNet", StringComparison.Ordinal))
            .ShouldBe(["src/Orchestrator.Core/Cluster/Files/YamlSource.cs"]);

    [Fact]
    public void Project_VersionsOfPackages_AreCentral() =>
        Directory.EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/artifacts/", StringComparison.Ordinal) && !f.Contains("/node_modules/", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("PackageReference", StringComparison.Ordinal)
                && System.Text.RegularExpressions.Regex.IsMatch(File.ReadAllText(f), "<PackageReference [^>]*Version="))
            .Select(f => Path.GetRelativePath(SourceTree.Root, f))
            .ShouldBeEmpty();
}
