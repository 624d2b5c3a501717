namespace Orchestrator.Load.Wire;

/// <summary>What came over a connection is not a whole HTTP/1.1 answer; the connection is of no further use.</summary>
internal sealed class MalformedAnswerException(string message) : Exception(message);
