using StackExchange.Redis;

namespace Orchestrator.Redis.Connecting;

/// <summary>
/// One caller must not wait for another's continuation. The only file that needs client 1.x: from 2.x on this is how the client is anyway, and the property is gone in 3.x.
/// </summary>
internal static class UnorderedReplies
{
    public static void Allow(ConnectionMultiplexer client) => client.PreserveAsyncOrder = false;
}
