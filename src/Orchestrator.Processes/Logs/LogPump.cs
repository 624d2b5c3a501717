using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Logs;

/// <summary>Carries what a container writes into its log.</summary>
internal static class LogPump
{
    private const int ChunkBytes = 16 * 1024;

    /// <summary>Ends when everybody who holds the other end of the pipe has ended. Never throws: a pipe that breaks is an end.</summary>
    public static async Task RunAsync(Stream output, ReplicaLog log)
    {
        var splitter = new LineSplitter();
        var chunk = new byte[ChunkBytes];
        try
        {
            int read;
            while ((read = await output.ReadAsync(chunk)) > 0)
            {
                log.Append(splitter.Add(chunk.AsSpan(0, read), isEnd: false));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            log.Append([$"(the orchestrator could not read on: {e.Message})"]);
        }

        log.Append(splitter.Add([], isEnd: true));
    }
}
