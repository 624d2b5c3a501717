namespace Orchestrator.EndToEnd.Tests;

/// <summary>What deploy/quickstart.sh and tests/run.sh have in common (deploy/lib.sh).</summary>
public sealed class ScriptTests
{
    [Theory]
    [InlineData("containers/dotnet", "Orchestrator.Container.Dotnet")]
    [InlineData("containers/noop", "Orchestrator.Container.Noop")]
    public async Task Compile_OfAFolder_BuildsItsProject(string folder, string project)
    {
        // Asked for its name instead of built.
        var script = $"source deploy/lib.sh; dotnet() {{ command dotnet \"$1\" \"$2\" -nologo -getProperty:MSBuildProjectName; }}; compile {folder}";
        var result = await CommandResult.RunAsync("env", ["-C", Repository.Root, "bash", "-c", script]);
        result.ShouldSucceed().Output.Trim().ShouldBe(project);
    }
}
