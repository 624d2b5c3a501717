namespace Orchestrator.EndToEnd.Tests;

/// <summary>Where things lie in the checkout that this assembly was built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary><c>debug</c> or <c>release</c>: what was built together with this assembly is what is tested.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;

    public static string Sample(params string[] path) => Path.Combine([Root, "samples", .. path]);

    public static string Binary(string project, string assembly) => Path.Combine(Root, "artifacts", "bin", project, Configuration, assembly);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no Orchestrator.sln above {AppContext.BaseDirectory}");
    }
}
