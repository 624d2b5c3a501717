namespace Orchestrator.Container.Dotnet;

/// <summary>Finds the assemblies of an artefact that may hold a model.</summary>
internal static class ArtefactAssemblies
{
    private const string DotnetCore = ".NETCoreApp,Version=v";

    /// <param name="artefact">A dll, or a folder as <c>dotnet publish</c> writes it.</param>
    /// <param name="assembly">File name of the one to take (option <c>assembly</c>); null: all that use Orchestrator.Container.</param>
    /// <exception cref="ModelLoadException">There is none, or it cannot run here.</exception>
    public static IReadOnlyList<string> Find(string artefact, string? assembly)
    {
        var files = Directory.Exists(artefact)
            ? Directory.EnumerateFiles(artefact, "*.dll").Order(StringComparer.Ordinal).ToList()
            : [Path.GetFullPath(artefact)];
        if (assembly is not null)
        {
            files = files.FindAll(f => Path.GetFileName(f) == assembly);
        }

        var known = files.Where(f => !ModelLoadContext.IsShared(Path.GetFileNameWithoutExtension(f))).Select(f => (File: f, Facts: AssemblyFacts.TryRead(f))).ToList();
        var usable = known.Where(k => k.Facts?.ContractVersion is not null).Select(k => k.Facts!).ToList();
        if (usable.Count == 0)
        {
            throw NoneFound(artefact, assembly, known);
        }

        usable.ForEach(RequireRunnable);
        return usable.ConvertAll(u => Path.GetFullPath(u.Path));
    }

    private static ModelLoadException NoneFound(string artefact, string? assembly, List<(string File, AssemblyFacts? Facts)> known)
    {
        var found = known.Count == 0
            ? assembly is null ? "no dll" : $"no '{assembly}' (option assembly)"
            : string.Join(", ", known.Select(k => $"{Path.GetFileName(k.File)} ({Describe(k.Facts)})"));
        return new ModelLoadException($"the artefact '{artefact}' has {found}; expected a .NET class library with a class that implements Orchestrator.Container.IModel; copy the output of 'dotnet publish' of such a library");
    }

    private static string Describe(AssemblyFacts? facts) => facts switch
    {
        null => "no .NET assembly",
        { TargetFramework: { } framework } => $"{framework}, does not use {ModelLoadContext.ContractName}",
        _ => $"does not use {ModelLoadContext.ContractName}",
    };

    private static void RequireRunnable(AssemblyFacts facts)
    {
        var name = Path.GetFileName(facts.Path);
        var here = Environment.Version;
        if (facts.TargetFramework is { } framework && !framework.StartsWith(".NETStandard,", StringComparison.Ordinal) && !RunsOn(framework, here))
        {
            throw new ModelLoadException($"{name} was built for '{framework}', but this container runs .NET {here.ToString(2)}; expected .NET {here.Major}.{here.Minor} or older; set <TargetFramework>net{here.Major}.{here.Minor}</TargetFramework> and build it again");
        }

        var contract = typeof(IModel).Assembly.GetName().Version!;
        if (facts.ContractVersion > contract)
        {
            throw new ModelLoadException($"{name} was built with {ModelLoadContext.ContractName} {facts.ContractVersion}, but this container has {contract}; expected that version or an older one; update the orchestrator or build with {contract}");
        }
    }

    private static bool RunsOn(string framework, Version here) =>
        framework.StartsWith(DotnetCore, StringComparison.Ordinal)
        && Version.TryParse(framework.AsSpan(DotnetCore.Length), out var target)
        && (target.Major, target.Minor).CompareTo((here.Major, here.Minor)) <= 0;
}
