using System.Net;

namespace Orchestrator.Docker.Engine;

/// <summary>The engine refused, or broke off, a call; its own words are kept.</summary>
internal sealed class EngineException : Exception
{
    // Of the connection to containerd, and of the network's closed store.
    private static readonly string[] WordsOfAnEnd = ["client connection is closing", "open : no such file or directory", "database not open"];

    /// <summary>An answer with an error status.</summary>
    public EngineException(HttpStatusCode status, string call, string engineMessage)
        : base($"{engineMessage} ({call}: {(int)status})") => (Status, EngineMessage) = (status, engineMessage);

    /// <summary>An error inside a stream whose status was a success (pull, build, push).</summary>
    public EngineException(string call, string engineMessage)
        : base($"{engineMessage} ({call})") => EngineMessage = engineMessage;

    /// <summary>Null: it came inside a stream.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>What the engine said, nothing added.</summary>
    public string EngineMessage { get; }

    /// <summary>Its own parts have ended under it: it is going down, and says so only in these words.</summary>
    public bool IsGoingDown => Status >= HttpStatusCode.InternalServerError && WordsOfAnEnd.Any(w => EngineMessage.Contains(w, StringComparison.Ordinal));

    /// <summary>No such container, image or network.</summary>
    public bool IsNotFound => Status == HttpStatusCode.NotFound;

    /// <summary>A name that is taken, a removal that is under way already, and the like.</summary>
    public bool IsConflict => Status == HttpStatusCode.Conflict;
}

/// <summary>The engine does not answer: nobody listens, the connection broke, or it took too long. Says where, and what to do.</summary>
internal sealed class EngineUnreachableException(string message, Exception? innerException = null) : Exception(message, innerException);
