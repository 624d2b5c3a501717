using System.Diagnostics;

namespace Orchestrator.Images.Tests;

/// <summary>What a program said.</summary>
internal sealed record Ran(string What, int ExitCode, string Output, string Error)
{
    public Ran ShouldSucceed()
    {
        ExitCode.ShouldBe(0, $"{What}\n{Error}\n{Output}");
        return this;
    }
}

/// <summary>Runs programs to their end, within a bound.</summary>
internal static class Shell
{
    /// <summary>Root of the repository.</summary>
    public static string Root { get; } = FindRoot();

    public static async Task<Ran> RunAsync(TimeSpan within, IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var what = $"{program} {string.Join(' ', start.ArgumentList)}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException(what);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(within, TimeProvider.System);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new Ran(what, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{what} did not end within {within}");
        }
    }

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
