using Orchestrator.Container;
using Orchestrator.Container.MlNet.Library;
using Orchestrator.Container.MlNet.Model;

return await ContainerHost.RunAsync(new ContainerDefinition
{
    Name = "orchestrator-mlnet",
    Platform = "mlnet",
    Create = _ => new MlNetModel(MlNetPipeline.Load),
});
