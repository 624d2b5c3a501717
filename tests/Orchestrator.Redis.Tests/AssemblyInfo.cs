// A real redis-server is started, stopped and killed.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// Each test starts servers of its own; side by side they would only take the cores from each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
