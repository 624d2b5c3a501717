using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Control.Reconciliation;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control;

/// <summary>Reads the logs of all containers of a version as one stream; with follow also of those that start later.</summary>
internal sealed class LogMerger(IContainerRuntime runtime, StatusBoard board)
{
    // A reader that does not keep up slows the reading of the logs, never the containers.
    private const int Buffer = 256;

    public async IAsyncEnumerable<ContainerLogLine> ReadAsync(
        ModelVersionId id, string? instance, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lines = Channel.CreateBounded<ContainerLogLine>(Buffer);
        var reading = PumpAllAsync(id, instance, tail, follow, lines.Writer, stop.Token);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken))
            {
                yield return line;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private async Task PumpAllAsync(ModelVersionId id, string? instance, int tail, bool follow, ChannelWriter<ContainerLogLine> writer, CancellationToken cancellationToken)
    {
        var known = new HashSet<LogSource>();
        var pumps = new List<Task>();
        do
        {
            // Taken before the read: a container that starts in between completes it.
            var next = board.NextAsync();
            foreach (var source in board.LogSources.Where(s => s.Id.ModelVersion == id && (instance is null || s.Id.Instance == instance) && known.Add(s)))
            {
                pumps.Add(PumpAsync(source, tail, follow, writer, cancellationToken));
            }

            if (follow)
            {
                await next.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        while (follow && !cancellationToken.IsCancellationRequested);

        await Task.WhenAll(pumps);
        writer.TryComplete();
    }

    private async Task PumpAsync(LogSource source, int tail, bool follow, ChannelWriter<ContainerLogLine> writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in runtime.ReadLogAsync(source.ContainerId, tail, follow, cancellationToken))
            {
                await writer.WriteAsync(new ContainerLogLine(source.Id.Instance, line), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reader left.
        }
        catch (Exception exception)
        {
            // The reader gets it at the end of what was read.
            writer.TryComplete(exception);
        }
    }
}
