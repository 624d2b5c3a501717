using System.Runtime.CompilerServices;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Running;

/// <summary>Cuts a container's two streams into lines, each stream by itself.</summary>
internal static class LogLines
{
    public static async IAsyncEnumerable<string> ReadAsync(IAsyncEnumerable<LogFrame> frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LineSplitter output = new(), errors = new();
        await foreach (var frame in frames.WithCancellation(cancellationToken))
        {
            foreach (var line in (frame.Stream == LogStream.Error ? errors : output).Add(frame.Bytes.Span, isEnd: false))
            {
                yield return line;
            }
        }

        foreach (var line in output.Add([], isEnd: true).Concat(errors.Add([], isEnd: true)))
        {
            yield return line;
        }
    }
}
