using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class BatchContentTests
{
    private static readonly byte[] Header = [.. Enumerable.Range(0, 128).Select(i => (byte)i)];

    // Of 64 KiB, the chunk: within one, ending on its border, across it, one item larger than it, and nothing at all.
    [Theory]
    [InlineData(1, 8, 8)]
    [InlineData(3, 0, 16)]
    [InlineData(2, 65_536 - 128, 1)]
    [InlineData(1, 65_536, 65_536)]
    [InlineData(5, 30_000, 7)]
    [InlineData(2, 200_000, 3)]
    public async Task Send_AnySizes_GivesHeaderThenInputByInputTheItemsInOrder(int count, int firstBytes, int secondBytes)
    {
        var items = Enumerable.Range(0, count).Select(i => Item(Bytes(firstBytes, i), Bytes(secondBytes, 100 + i))).ToList();
        byte[] expected = [.. Header, .. items.SelectMany(i => i.Inputs[0].Data.ToArray()), .. items.SelectMany(i => i.Inputs[1].Data.ToArray())];
        using var content = new BatchContent(Header, items, expected.Length - Header.Length);

        content.Headers.ContentLength.ShouldBe(expected.Length);
        (await SendAsync(content)).ShouldBe(expected);
        (await SendAsync(content)).ShouldBe(expected, "a connection that was closed while idle makes the client send it again");
    }

    private static async Task<byte[]> SendAsync(BatchContent content)
    {
        using var stream = new MemoryStream();
        await content.CopyToAsync(stream, TestContext.Current.CancellationToken);
        return stream.ToArray();
    }

    private static PredictionItem Item(byte[] first, byte[] second) => new(
        null!, new PredictionWaiter(long.MaxValue), [new Tensor("a", DataType.UInt8, [1, first.Length], first), new Tensor("b", DataType.UInt8, [1, second.Length], second)], []);

    private static byte[] Bytes(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => (byte)((i * 31) + seed))];
}
