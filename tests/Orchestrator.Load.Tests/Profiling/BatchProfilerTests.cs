using Orchestrator.Load.Profiling;
using Orchestrator.Protocol;

namespace Orchestrator.Load.Tests.Profiling;

public sealed class BatchProfilerTests
{
    private static readonly IReadOnlyList<Tensor> Row = [new Tensor("x", DataType.UInt8, [1, 3], new byte[] { 1, 2, 3 })];

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(8, new[] { 1, 2, 4, 8 })]
    [InlineData(10, new[] { 1, 2, 4, 8, 10 })]
    public void Sizes_Doubling_EndWithTheLargest(int most, int[] expected) => ProfileOptions.Doubling(most).ShouldBe(expected);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Profile_EachSize_SendsThatManyRows(bool binary)
    {
        var shapes = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await using var server = new RawServer((_, body) =>
        {
            shapes.AddOrUpdate(body[body.IndexOf("\"shape\":", StringComparison.Ordinal)..].Split(']')[0], 1, (_, n) => n + 1);
            return Reply.Ok("{}");
        });

        var sizes = await BatchProfiler.RunAsync(server.Uri, Row, binary, new ProfileOptions { Sizes = [1, 4], PerSize = TimeSpan.FromMilliseconds(50) }, _ => Task.CompletedTask, CancellationToken.None);

        shapes.Keys.Order().ShouldBe(["\"shape\":[1,3", "\"shape\":[4,3"]);
        sizes.Select(s => s.Rows).ShouldBe([1, 4]);
        sizes.ShouldAllBe(s => s.Samples > 0 && s.RowsPerSecond > 0 && s.P50 > TimeSpan.Zero && s.P50 <= s.P99);
    }

    [Fact]
    public async Task Profile_BatchesLongerThanTheTime_AreMeasuredAFewTimes()
    {
        await using var server = new RawServer(async (_, _) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
            return Reply.Ok("{}");
        });
        var sizes = await BatchProfiler.RunAsync(
            server.Uri, Row, true, new ProfileOptions { Sizes = [1], PerSize = TimeSpan.FromMilliseconds(1) }, _ => Task.CompletedTask, CancellationToken.None);
        sizes.ShouldHaveSingleItem().Samples.ShouldBe(3);
    }

    [Fact]
    public async Task Profile_AContainerThatRefuses_SaysWhatItSaid()
    {
        await using var server = new RawServer((_, _) => new Reply([Reply.Text(400, """{"error":"expected 64 columns"}""")]));
        var error = await Should.ThrowAsync<InvalidOperationException>(() => BatchProfiler.RunAsync(
            server.Uri, Row, true, new ProfileOptions { Sizes = [2], PerSize = TimeSpan.FromMilliseconds(20) }, _ => Task.CompletedTask, CancellationToken.None));
        error.Message.ShouldContain("2 rows");
        error.Message.ShouldContain("expected 64 columns");
    }

    [Fact]
    public void Limit_OfAnObjective_IsTheLargestSizeWithoutASlowerSmallerOne()
    {
        ProfiledBatch[] sizes = [Batch(1, 2), Batch(2, 3), Batch(4, 30), Batch(8, 9)];
        SizeLimit.Within(sizes, TimeSpan.FromMilliseconds(10)).ShouldBe(2);
        SizeLimit.Within(sizes, TimeSpan.FromMilliseconds(40)).ShouldBe(8);
        SizeLimit.Within(sizes, TimeSpan.FromMilliseconds(1)).ShouldBe(0);
    }

    [Fact]
    public void Line_ThroughMedians_GivesBaseAndPerRow()
    {
        var (fixedCost, perRow) = SizeLimit.Line([Batch(1, 2.5), Batch(2, 3), Batch(8, 6)]);
        fixedCost.TotalMilliseconds.ShouldBe(2, 0.001);
        perRow.TotalMilliseconds.ShouldBe(0.5, 0.001);
    }

    private static ProfiledBatch Batch(int rows, double milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        return new ProfiledBatch(rows, 10, rows / time.TotalSeconds, time, time, time);
    }
}
