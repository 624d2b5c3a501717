using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Orchestrator.Host.Query.Http;

namespace Orchestrator.Host.Tests.Query.Http;

public sealed class PollingThreadTests
{
    [ThreadStatic]
    private static bool _reads;

    [Fact]
    public void EveryFewRequestsOfAConnection_ItIsAnothersTurn()
    {
        var (first, second) = (Connection(), Connection());
        var turns = Enumerable.Range(1, 3 * PollingThread.MostRequests).Where(_ => PollingThread.IsTurnOver(first)).Count();
        turns.ShouldBe(3);
        PollingThread.IsTurnOver(second).ShouldBeFalse("connections count apart");
        PollingThread.IsTurnOver(new DefaultHttpContext()).ShouldBeFalse("a server without connections has no such threads");
    }

    [Fact]
    public async Task PoolReadStream_GoesOnInThePoolAfterEachRead()
    {
        using var source = new MemoryStream([1, 2, 3]);
        await using var stream = new PoolReadStream(source);
        _reads = true;
        var read = ReadAsync();
        _reads = false;
        (await read).ShouldBe((3, false));

        async Task<(int Length, bool Here)> ReadAsync()
        {
            var length = await stream.ReadAsync(new byte[8]);
            return (length, _reads);
        }
    }

    private static DefaultHttpContext Connection()
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IConnectionItemsFeature>(new Items());
        return context;
    }

    private sealed class Items : IConnectionItemsFeature
    {
        IDictionary<object, object?> IConnectionItemsFeature.Items { get; set; } = new Dictionary<object, object?>();
    }
}
