// Clusters are heavy: one after the other, so that a test's figures are its own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
