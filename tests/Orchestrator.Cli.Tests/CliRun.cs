namespace Orchestrator.Cli.Tests;

/// <summary>One run of <c>orch</c> inside the test's process.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<CliRun> OfAsync(FakeOrchestrator orchestrator, params string[] arguments) => OfAsync(orchestrator.Address, null, arguments);

    public static async Task<CliRun> OfAsync(Uri address, Func<CliContext, CliContext>? change, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var environment = new Dictionary<string, string> { ["ORCHESTRATOR_ADMIN"] = address.ToString(), ["ORCHESTRATOR_URL"] = address.ToString() };
        var context = new CliContext { In = new StringReader("[3]"), Out = output, Error = error, Environment = environment.GetValueOrDefault };
        var code = await CliProgram.RunAsync(arguments, change?.Invoke(context) ?? context, Token);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
