namespace Orchestrator.Benchmarks;

/// <summary>A benchmark cannot go on; the message says what happened and what was expected.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
