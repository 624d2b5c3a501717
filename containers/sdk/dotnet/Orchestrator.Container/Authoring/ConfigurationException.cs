namespace Orchestrator.Container;

/// <summary>A variable or an option is wrong: what it is, what was expected. Ends the container with a FATAL line and exit code 2.</summary>
public sealed class ConfigurationException : Exception
{
    /// <inheritdoc/>
    public ConfigurationException(string message, Exception? innerException = null) : base(message, innerException) { }
}
