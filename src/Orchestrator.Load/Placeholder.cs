namespace Orchestrator.Load;
