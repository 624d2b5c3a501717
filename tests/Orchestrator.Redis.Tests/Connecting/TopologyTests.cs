using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Connecting;

/// <summary>More than one Redis behind one list of endpoints: a primary with a replica, and a cluster.</summary>
public sealed class TopologyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReplicaGone_AnswersAreSharedStill()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await ReplicaOfAsync(primary);
        await using var plane = await Plane.StartAsync(Several(primary, replica));
        await plane.UntilConnectedAsync();
        await replica.KillAsync();
        await UntilSharedInAsync(primary, plane);
    }

    [Fact]
    public async Task PrimaryGone_TheReplicaThatWasPromotedIsWrittenTo()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await ReplicaOfAsync(primary);
        await using var node = await ControlNode.StartAsync(Several(primary, replica));
        await using var plane = await Plane.StartAsync(Several(primary, replica));
        await node.Registry.TryWriteDesiredAsync(0, new() { Name = "a" }, Token);
        await plane.UntilConnectedAsync();
        await primary.KillAsync();

        // Both connections know the replica as one before it is something else.
        await ControlNode.UntilAsync(() => Task.FromResult(node.Lease.Problem?.Contains("READONLY", StringComparison.Ordinal) == true && plane.Connection.Problem is null));
        (await replica.AskAsync("REPLICAOF NO ONE")).ShouldStartWith("+OK");
        await ControlNode.UntilAsync(async () =>
        {
            try
            {
                return (await node.Registry.ReadAsync(Token)).Revision == 2 || await node.Registry.TryWriteDesiredAsync(1, new() { Name = "b" }, Token) is { Revision: 2 };
            }
            catch (RegistryException)
            {
                // Not taken for a primary yet.
                return false;
            }
        });
        await UntilSharedInAsync(replica, plane);
    }

    [Fact]
    public async Task Cluster_KeysOfEveryNodeAreFound_AndTheRegistryIsInOne()
    {
        const int Questions = 30;
        RedisServer[] nodes = [await NodeAsync(), await NodeAsync(), await NodeAsync()];
        try
        {
            await JoinAsync(nodes);
            await using var one = await Plane.StartAsync(Several(nodes));
            await using var other = await Plane.StartAsync(Several(nodes));
            await one.UntilConnectedAsync();
            await other.UntilConnectedAsync();
            for (var i = 0; i < Questions; i++)
            {
                await one.AskAsync(i);
            }

            await ControlNode.UntilAsync(async () => (await Task.WhenAll(nodes.Select(KeysAsync))).Sum() == Questions);
            (await Task.WhenAll(nodes.Select(KeysAsync))).ShouldAllBe(count => count > 0);
            for (var i = 0; i < Questions; i++)
            {
                var question = i;
                await ControlNode.UntilAsync(async () => (await other.AskAsync(question)).FromCache);
            }

            await using var control = await ControlNode.StartAsync(Several(nodes));
            (await control.Registry.TryWriteDesiredAsync(0, new() { Name = "a" }, Token))!.Revision.ShouldBe(1);
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static RedisOptions Several(params RedisServer[] servers) => new() { Endpoints = [.. servers.Select(s => s.Endpoint)], KeyPrefix = "test:" };

    /// <summary>Asks until an answer has come there.</summary>
    private static Task UntilSharedInAsync(RedisServer server, Plane plane)
    {
        var next = 0;
        return ControlNode.UntilAsync(async () =>
        {
            await plane.AskAsync(next++);
            return await server.AskAsync("EVAL \"return #redis.call('KEYS', 'test:p1:*')\" 0") != ":0\r\n";
        });
    }

    private static async Task<RedisServer> ReplicaOfAsync(RedisServer primary)
    {
        var replica = await RedisServer.StartAsync(more: ["--replicaof", "127.0.0.1", $"{primary.Port}", "--repl-diskless-sync-delay", "0"]);
        await ControlNode.UntilAsync(async () => (await replica.AskAsync("INFO replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        return replica;
    }

    // Its bus would be at its port and 10,000, which there may not be.
    private static Task<RedisServer> NodeAsync() => RedisServer.StartAsync(more: ["--cluster-enabled", "yes", "--cluster-port", $"{FreePort()}", "--cluster-node-timeout", "5000"]);

    private static async Task JoinAsync(RedisServer[] nodes)
    {
        string[] slots = ["0 5460", "5461 10922", "10923 16383"];
        for (var i = 0; i < nodes.Length; i++)
        {
            (await nodes[i].AskAsync($"CLUSTER ADDSLOTSRANGE {slots[i]}")).ShouldStartWith("+OK");
            var bus = (await nodes[0].AskAsync("CONFIG GET cluster-port")).TrimEnd().Split("\r\n")[^1];
            (await nodes[i].AskAsync($"CLUSTER MEET 127.0.0.1 {nodes[0].Port} {bus}")).ShouldStartWith("+OK");
        }

        foreach (var node in nodes)
        {
            await ControlNode.UntilAsync(async () => await node.AskAsync("CLUSTER INFO") is var info
                && info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{nodes.Length}", StringComparison.Ordinal));
        }
    }

    private static async Task<int> KeysAsync(RedisServer node) => int.Parse((await node.AskAsync("DBSIZE")).Trim(':', '\r', '\n'), CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
