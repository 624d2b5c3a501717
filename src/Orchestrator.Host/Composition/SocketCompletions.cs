namespace Orchestrator.Host.Composition;

/// <summary>
/// Where the code goes on that awaited a socket: on the thread that polls sockets, instead of waking another of the pool for it. What a container answers is then
/// handed on, and its next batch sent, one wake-up earlier; on a machine that is not busy otherwise that is most of what the orchestrator costs a replica between two batches. The query frontend takes
/// requests in the same way (<see cref="AreInline"/>); other web servers of the process take theirs to the pool. Nothing that awaits a socket may block afterwards, or compute for long: registry and artefacts are
/// written on the pool, large bodies read there.
/// </summary>
internal static class SocketCompletions
{
    /// <summary>The runtime's own variable; it reads it when the process first waits for a socket. 0 keeps the pool.</summary>
    public const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Whether it is so; the user may have set otherwise.</summary>
    public static bool AreInline => Environment.GetEnvironmentVariable(Variable) is "1" or "true";

    /// <summary>Before anything else; what the user has set stays.</summary>
    public static void RunInline()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
