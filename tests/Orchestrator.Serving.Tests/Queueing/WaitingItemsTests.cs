using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Tests.Queueing;

public sealed class WaitingItemsTests
{
    private readonly WaitingItems<Item> _waiting = new();

    [Fact]
    public void Peek_EarliestDeadlineFirst_TiesByArrival()
    {
        Join(30, 10, 20, 10);
        Take(4).ShouldBe([(10, 1), (10, 3), (20, 2), (30, 0)]);
        _waiting.Count.ShouldBe(0);
    }

    [Fact]
    public void Leave_StaleEntriesAreSkipped()
    {
        var items = Join(10, 20);
        _waiting.Leave(items[0], ItemState.Done);
        _waiting.TryPeek(out var head).ShouldBeTrue();
        head.ShouldBe(items[1]);
        _waiting.Rows.ShouldBe(1);
    }

    [Fact]
    public void PutBack_IsWhereItWas()
    {
        Join(10, 10, 10);
        var order = new DeadlineOrder<Item>(_waiting, new Timescale(TimeSpan.TicksPerMillisecond * 1000));
        order.Begin(0);
        order.SlackAt(2).Ticks.ShouldBe(10);
        order.End();
        Take(3).ShouldBe([(10, 0), (10, 1), (10, 2)]);
    }

    [Theory]
    [InlineData(5, 0)] // before all
    [InlineData(100, 0)]
    [InlineData(150, 2)] // in the middle of 100..200, four rows: about half
    [InlineData(200, 4)] // with or after the last: all
    [InlineData(900, 4)]
    public void RowsBefore_ExactAtTheEnds(long deadline, int expected)
    {
        Join(100, 130, 170, 200);
        _waiting.RowsBefore(deadline).ShouldBe(expected);
    }

    [Fact]
    public void RowsBefore_AllDeadlinesAreEqual_AllCameFirst()
    {
        Join(100, 100, 100);
        _waiting.RowsBefore(100).ShouldBe(3);
        _waiting.RowsBefore(99).ShouldBe(0);
    }

    private List<Item> Join(params long[] deadlines)
    {
        var items = new List<Item>();
        foreach (var deadline in deadlines)
        {
            items.Add(new Item(items.Count, deadline));
            _waiting.Join(items[^1], deadline);
        }

        return items;
    }

    private List<(long, int)> Take(int count)
    {
        var taken = new List<(long, int)>();
        while (taken.Count < count && _waiting.TryPeek(out var item))
        {
            _waiting.Pop();
            _waiting.Leave(item, ItemState.Dispatched);
            taken.Add((item.Deadline, item.Number));
        }

        return taken;
    }

    private sealed class Item(int number, long deadline) : QueuedItem
    {
        public int Number => number;

        public long Deadline => deadline;

        public override (long Earliest, long Latest) Deadlines() => (deadline, deadline);
    }
}
