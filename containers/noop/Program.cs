using Orchestrator.Container;
using Orchestrator.Container.Noop;

return await ContainerHost.RunAsync(new ContainerDefinition
{
    Name = "orchestrator-noop",
    Platform = "noop",
    Create = context => new NoopModel(NoopOptions.Read(context.Options), context.Time),
});
