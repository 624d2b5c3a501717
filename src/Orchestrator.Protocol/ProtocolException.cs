namespace Orchestrator.Protocol;

/// <summary>What was sent is not what the protocol says; the message says where and what was expected, and may be shown to the sender. Maps to 400.</summary>
public sealed class ProtocolException : Exception
{
    /// <inheritdoc/>
    public ProtocolException(string message, Exception? innerException = null) : base(message, innerException) { }
}
