using System.Threading.Channels;

namespace Orchestrator.Control.Replicas;

/// <summary>Where owned tasks and watchers leave what they found out; only the reconciler's loop reads.</summary>
internal sealed class ReplicaInbox
{
    private readonly Channel<ReplicaMessage> _messages = Channel.CreateUnbounded<ReplicaMessage>(new UnboundedChannelOptions { SingleReader = true });

    public ChannelReader<ReplicaMessage> Reader => _messages.Reader;

    /// <summary>Never blocks and never throws.</summary>
    public void Tell(ReplicaMessage message) => _messages.Writer.TryWrite(message);
}
