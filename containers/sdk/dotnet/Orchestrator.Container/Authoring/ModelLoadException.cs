namespace Orchestrator.Container;

/// <summary>The model cannot be loaded, in words meant for the user: what happened, what was expected, what to do. Becomes the FATAL line as it is; exit code 3.</summary>
public sealed class ModelLoadException : Exception
{
    /// <inheritdoc/>
    public ModelLoadException(string message, Exception? innerException = null) : base(message, innerException) { }
}
