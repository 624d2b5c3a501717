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
        _tuning.GoesAhead.ShouldBeTrue();
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
            var goesAhead = _tuning.GoesAhead && size < rows;
            _tuning.Observe(new Batch(new FormedBatch<PredictionItem>([], size, 0, 0, 100, 100, goesAhead), 0), goesAhead ? size : 2 * size, mayGoAhead: true, limit: 1024, waiting: 0);
        }
    }

    [Theory]
    [InlineData(true, 417)]
    [InlineData(false, int.MaxValue)]
    public void FirstBatch_TellsHowLargeARowIs(bool findsSize, int rows)
    {
        var tuning = new DispatchTuning(findsSize);
        var item = new PredictionItem(null!, new PredictionWaiter(long.MaxValue), [new Tensor("x", DataType.UInt8, [1000, 3136], new byte[1000 * 3136])], []);
        tuning.Observe(new Batch(new FormedBatch<PredictionItem>([item], 1000, 0, 0, 100, 100, IsAhead: false), 0), 100, mayGoAhead: false, limit: 1024, waiting: 0);
        tuning.MostRows(waiting: 0).ShouldBe(rows);
    }

    private void Observe(int batches, bool mayGoAhead)
    {
        for (var i = 0; i < batches; i++)
        {
            var rows = Math.Min(1024, _tuning.MostRows(waiting: 0));
            _tuning.Observe(new Batch(new FormedBatch<PredictionItem>([], rows, 0, 0, 100, 100, _tuning.GoesAhead && mayGoAhead), 0), rows, mayGoAhead, limit: 1024, waiting: 0);
        }
    }
}
