namespace Orchestrator.Serving.Queueing;

internal sealed class ModelQueue;
