using Orchestrator.Cli;

return await CliProgram.RunAsync(args, CliContext.OfThisProcess());
