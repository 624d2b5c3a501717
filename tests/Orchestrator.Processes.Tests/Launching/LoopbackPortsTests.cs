using System.Net;
using System.Net.Sockets;
using Orchestrator.Processes.Launching;

namespace Orchestrator.Processes.Tests.Launching;

public sealed class LoopbackPortsTests
{
    [Fact]
    public async Task Take_FromManyThreads_GivesEachAnother()
    {
        var ports = new LoopbackPorts();
        var taken = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(ports.Take)));
        taken.Distinct().Count().ShouldBe(500);
    }

    [Fact]
    public void Take_OfPorts_AvoidsThoseThatOutgoingConnectionsUse()
    {
        var first = int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], System.Globalization.CultureInfo.InvariantCulture);
        var ports = new LoopbackPorts();
        Enumerable.Range(0, 100).ShouldAllBe(_ => ports.Take() < Math.Max(first, 32000));
    }

    [Fact]
    public void Take_WhenNoneIsLeft_SaysSo()
    {
        var ports = new LoopbackPorts();
        Should.Throw<IOException>(() => TakeAll(ports)).Message.ShouldContain("No free port among");
    }

    [Fact]
    public void Take_OfAPortSomebodyListensOn_GivesAnother()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var ports = new LoopbackPorts();
        var port = ports.Take();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        ports.Return(port);
        Enumerable.Range(0, 5000).Select(_ => ports.Take()).ShouldNotContain(port);
    }

    private static void TakeAll(LoopbackPorts ports)
    {
        for (var i = 0; i < 13_000; i++)
        {
            ports.Take();
        }
    }
}
