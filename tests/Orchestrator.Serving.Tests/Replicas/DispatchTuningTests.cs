using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class DispatchTuningTests
{
    private readonly DispatchTuning _tuning = new(findsSize: true);

    [Fact]
    public void NoBatchMayWaitInside_SizeIsTried()
    {
        Observe(SizeTrial.FirstUntil, mayGoAhead: false);
        _tuning.MostRows(waiting: 0).ShouldBeLessThan(int.MaxValue);
    }

    [Fact]
    public void WhileAheadIsTried_SizeIsNot()
    {
        Observe(SizeTrial.FirstUntil + 8, mayGoAhead: true);
        _tuning.MostRows(waiting: 0).ShouldBe(int.MaxValue);
    }

    [Fact]
    public void OneMayWaitInside_FromTheMiddleOfASizeTrialOn_TheTrialEnds()
    {
        Observe(SizeTrial.FirstUntil + SizeTrial.Turn, mayGoAhead: false);
        _tuning.MostRows(waiting: 0).ShouldBe(512);
        Observe((2 * TurnTrial.Turns * SizeTrial.Turn) - SizeTrial.Turn, mayGoAhead: true);
        _tuning.MostRows(waiting: 0).ShouldBe(int.MaxValue);
        Observe(SizeTrial.Turn, mayGoAhead: true);
        _tuning.Ahead.ShouldBe(1);
    }

    [Fact]
    public void CapForBatchesAhead_FoundWithFewCallers_DoesNotHoldABurstBack()
    {
        // None goes ahead until the cap leaves enough for a second one; then each takes half as long.
        for (var i = 0; i < 150; i++)
        {
            ObserveFew(64);
        }

        _tuning.MostRows(waiting: 0).ShouldBe(56);
        _tuning.MostRows(waiting: 2 * 56).ShouldBe(56);
        _tuning.MostRows(waiting: (2 * 56) + 1).ShouldBe(int.MaxValue);

        void ObserveFew(int rows)
        {
            var size = Math.Min(rows, _tuning.MostRows(waiting: 0));
            var goesAhead = _tuning.Ahead > 0 && size < rows;
            _tuning.Observe(NewBatch(size, goesAhead ? 1 : 0), goesAhead ? size : 2 * size, mayGoAhead: true, limit: 1024, waiting: 0);
        }
    }

    [Theory]
    [InlineData(true, 417)]
    [InlineData(false, int.MaxValue)]
    public void FirstBatch_TellsHowLargeARowIs(bool findsSize, int rows)
    {
        var tuning = new DispatchTuning(findsSize);
        var item = new PredictionItem(null!, new PredictionWaiter(long.MaxValue), [new Tensor("x", DataType.UInt8, [1000, 3136], new byte[1000 * 3136])], []);
        tuning.Observe(new Batch(new FormedBatch<PredictionItem>([item], 1000, 0, 0, 100, 100, Before: 0), 0), 100, mayGoAhead: false, limit: 1024, waiting: 0);
        tuning.MostRows(waiting: 0).ShouldBe(rows);
    }

    [Theory]
    [InlineData(0.85, 2)]
    [InlineData(0.97, 1)]
    [InlineData(1.2, 1)]
    public void SecondBatchAhead_IsTriedOnceTheFirstPays_AndTakenWhereItGainsToo(double takes, int expected)
    {
        var tuning = new DispatchTuning(findsSize: false);
        var most = 0;
        for (var i = 0; i < 1000 || tuning.Ahead != expected; i++)
        {
            i.ShouldBeLessThan(5000);
            var before = tuning.Ahead;
            most = Math.Max(most, before);
            tuning.Observe(NewBatch(8, before), (long)(1000 * (before switch { 0 => 1, 1 => 0.8, _ => 0.8 * takes })), mayGoAhead: true, limit: 8, waiting: 0);
        }

        most.ShouldBe(2);
    }

    [Fact]
    public void SecondBatchAhead_IsNotTriedWhereTheFirstDoesNotPay()
    {
        var tuning = new DispatchTuning(findsSize: false);
        for (var i = 0; i < 3000; i++)
        {
            tuning.Ahead.ShouldBeLessThan(2);
            tuning.Observe(NewBatch(8, tuning.Ahead), tuning.Ahead == 0 ? 1000 : 1200, mayGoAhead: true, limit: 8, waiting: 0);
        }
    }

    [Fact]
    public void SecondBatchAhead_WasRefused_IsTriedAgain_LaterEachTime()
    {
        // A container that lets one wait, whatever it might gain; sizes are free.
        var rests = new List<int>();
        var since = 0;
        for (var i = 0; i < 12_000; i++, since++)
        {
            if (_tuning.Ahead == 2)
            {
                _tuning.SecondWasRefused();
                rests.Add(since);
                since = 0;
            }

            var rows = Math.Min(64, _tuning.MostRows(waiting: 1000));
            _tuning.Observe(NewBatch(rows, _tuning.Ahead), (long)(rows * 100 * (1 - (0.2 * _tuning.Ahead))), mayGoAhead: true, limit: 64, waiting: 1000);
        }

        rests.Count.ShouldBeInRange(3, 12);
        rests[^1].ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void SecondBatchAhead_LoadFellBelowIt_WhetherTheFirstPaysIsAskedAgain()
    {
        var tuning = new DispatchTuning(findsSize: false);
        for (var i = 0; i < 1000 || tuning.Ahead != 2; i++)
        {
            i.ShouldBeLessThan(5000);
            tuning.Observe(NewBatch(8, tuning.Ahead), 1000 - (300 * tuning.Ahead), mayGoAhead: true, limit: 8, waiting: 0);
        }

        for (var i = 0; i < 1000 || tuning.Ahead != 0; i++)
        {
            i.ShouldBeLessThan(10_000);
            var before = Math.Min(1, tuning.Ahead);
            tuning.Observe(NewBatch(8, before), 1000 + (200 * before), mayGoAhead: true, limit: 8, waiting: 0);
        }
    }

    [Fact]
    public void SizeHasChanged_AheadIsTriedAgain_AndTheSecondToo()
    {
        var kinds = new HashSet<int>();
        for (var i = 0; i < 20_000; i++)
        {
            var rows = Math.Min(1024, _tuning.MostRows(waiting: 0));
            var isSmall = rows < 1024;
            if (isSmall)
            {
                kinds.Add(_tuning.Ahead);
            }

            _tuning.Observe(NewBatch(rows, _tuning.Ahead), (long)(rows * (isSmall ? 100 : 150) * (1 - (0.2 * _tuning.Ahead))), mayGoAhead: true, limit: 1024, waiting: 0);
        }

        kinds.Order().ShouldBe([0, 1, 2]);
        _tuning.Ahead.ShouldBe(2);
    }

    private static Batch NewBatch(int rows, int before) => new(new FormedBatch<PredictionItem>([], rows, 0, 0, 100, 100, before), 0);

    private void Observe(int batches, bool mayGoAhead)
    {
        for (var i = 0; i < batches; i++)
        {
            var rows = Math.Min(1024, _tuning.MostRows(waiting: 0));
            _tuning.Observe(NewBatch(rows, mayGoAhead ? _tuning.Ahead : 0), rows, mayGoAhead, limit: 1024, waiting: 0);
        }
    }
}
