using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli;

/// <summary>Ends a command: the message says what happened and what to do.</summary>
internal sealed class CliException(int exitCode, string message, IReadOnlyList<string>? details = null, Exception? innerException = null) : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>Every single mistake, where there are several.</summary>
    public IReadOnlyList<string> Details { get; } = details ?? [];

    /// <summary>The same with their places in the spec, and in the file where there is one.</summary>
    public IReadOnlyList<SpecError> SpecErrors { get; init; } = [];
}
