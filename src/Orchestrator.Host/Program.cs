using Orchestrator.Host.Composition;

return await HostProgram.RunAsync(args);
