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
        _tuning.MostRows.ShouldBeLessThan(int.MaxValue);
    }

    [Fact]
    public void WhileAheadIsTried_SizeIsNot()
    {
        Observe(SizeTrial.FirstUntil + 8, mayGoAhead: true);
        _tuning.MostRows.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void OneMayWaitInside_FromTheMiddleOfASizeTrialOn_TheTrialEnds()
    {
        Observe(SizeTrial.FirstUntil + SizeTrial.Turn, mayGoAhead: false);
        _tuning.MostRows.ShouldBe(512);
        Observe((2 * TurnTrial.Turns * SizeTrial.Turn) - SizeTrial.Turn, mayGoAhead: true);
        _tuning.MostRows.ShouldBe(int.MaxValue);
        Observe(SizeTrial.Turn, mayGoAhead: true);
        _tuning.GoesAhead.ShouldBeTrue();
    }

    private void Observe(int batches, bool mayGoAhead)
    {
        for (var i = 0; i < batches; i++)
        {
            var rows = Math.Min(1024, _tuning.MostRows);
            _tuning.Observe(new Batch(new FormedBatch<PredictionItem>([], rows, 0, 0, 100, 100, _tuning.GoesAhead && mayGoAhead), 0), rows, mayGoAhead);
        }
    }
}
