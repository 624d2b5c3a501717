using Orchestrator.Host.Composition;

SocketCompletions.RunInline();
return await HostProgram.RunAsync(args);
