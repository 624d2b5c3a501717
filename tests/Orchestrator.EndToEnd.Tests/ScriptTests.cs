using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>What deploy/quickstart.sh and tests/run.sh have in common (deploy/lib.sh).</summary>
public sealed class ScriptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    [Theory]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Step_OnASignal_EndsAllThatRunsAndSaysSo(string signal, int code)
    {
        // The child of a child must end as well. Under a runner that ignores Ctrl-C so would a script, unless told otherwise.
        const string script = "source deploy/lib.sh; step 'it failed' sh -c 'sleep 1000 & echo started; wait'; echo further";
        var start = new ProcessStartInfo("env", ["-C", Repository.Root, "--default-signal=HUP,INT,TERM", "bash", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience, TimeProvider.System)).ShouldBe("started");
        (await CommandResult.RunAsync("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)])).ShouldSucceed();

        // The pipe's end: nobody who could write into it runs any more.
        (await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience, TimeProvider.System)).ShouldBeEmpty();
        (await process.StandardError.ReadToEndAsync().WaitAsync(Patience, TimeProvider.System)).ShouldBe("==> interrupted; the next run goes on from here\n");
        await process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        process.ExitCode.ShouldBe(code);
    }
}
