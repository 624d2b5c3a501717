using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

/// <summary>Against a socket that speaks no better HTTP than a broken container.</summary>
public sealed class HttpReplicaClientTests : IDisposable
{
    private const int Limit = 256 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ManualTime _time = new();

    public HttpReplicaClientTests() => _listener.Start();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: 9000000000000000000\r\n")]
    public async Task Infer_AnswerWithoutEnd_FailsAtTheLimitAndSaysSo(string length)
    {
        using var client = Client();
        var sender = SendEndlesslyAsync(length);

        var reply = await client.InferAsync(OneRow(), TimeSpan.FromSeconds(30), None);

        reply.Kind.ShouldBe(ReplyKind.Failed);
        reply.Error.ShouldBe($"what the container answered is not the protocol: the body is longer than {Limit} bytes, the most that is read of one answer");
        await sender;
    }

    [Fact]
    public async Task IsReady_NoAnswer_EndsByTheClockItWasGiven()
    {
        using var client = Client();
        var asked = client.IsReadyAsync(None).AsTask();
        using var silent = await _listener.AcceptTcpClientAsync(None);
        asked.IsCompleted.ShouldBeFalse();
        _time.TimerCount.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(2));

        (await asked).ShouldBeFalse();
    }

    private HttpReplicaClient Client()
    {
        var address = new ContainerAddress("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        return new HttpReplicaClient(new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId("m", "1"), "a"), Address = address }, new EmbeddedServingLease(), _time) { MaxAnswerBytes = Limit };
    }

    private async Task SendEndlesslyAsync(string length)
    {
        using var connection = await _listener.AcceptTcpClientAsync(None);
        var stream = connection.GetStream();
        var chunk = new byte[16 * 1024];
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n"), None);
            while (true)
            {
                await stream.WriteAsync(chunk, None);
            }
        }
        catch (IOException)
        {
            // The client has had enough: what is tested.
        }
    }

    private static Batch OneRow()
    {
        var item = new PredictionItem(null!, new PredictionWaiter(long.MaxValue), [new Tensor("x", DataType.UInt8, [1, 1], new byte[] { 1 })], []);
        return new Batch(new FormedBatch<PredictionItem>([item], 1, long.MaxValue, long.MaxValue, 0, 0, Before: 0), 0);
    }
}
