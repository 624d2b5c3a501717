namespace Orchestrator.Processes;
