// One engine, two processors: classes that start clusters beside each other would only measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: Trait("Needs", "Docker")]
[assembly: AssemblyFixture(typeof(Orchestrator.Images.Tests.DockerEngine))]
