namespace Orchestrator.Conformance;
