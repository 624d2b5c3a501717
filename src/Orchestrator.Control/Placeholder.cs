namespace Orchestrator.Control;
