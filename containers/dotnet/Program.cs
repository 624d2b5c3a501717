using Orchestrator.Container;
using Orchestrator.Container.Dotnet;

return await ContainerHost.RunAsync(new ContainerDefinition
{
    Name = "orchestrator-dotnet",
    Platform = "dotnet",
    Create = UserModel.Create,
});
