using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Tests.Queueing;

public sealed class DeadlineTimerTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly DeadlineTimer _timer;
    private int _ticks;

    public DeadlineTimerTests() => _timer = new DeadlineTimer(_time, () => _ticks++);

    public void Dispose() => _timer.Dispose();

    [Fact]
    public void Arm_ALittleEarlierEachTime_ChangesTheTimerOnce_AndTicksOnce()
    {
        var hold = At(0.9);
        var before = _time.Changes;
        for (var i = 0; i < 100; i++)
        {
            _timer.Arm(hold - i);
        }

        _time.Changes.ShouldBe(before + 1);
        Advance(1);
        _ticks.ShouldBe(1);
    }

    [Fact]
    public void Arm_EarlierByAMillisecondOrMore_TicksThen()
    {
        _timer.Arm(At(50));
        _timer.Arm(At(3));

        Advance(2.9);
        _ticks.ShouldBe(0);
        Advance(0.1);
        _ticks.ShouldBe(1);
    }

    [Fact]
    public void Arm_AfterItTicked_TicksAgain()
    {
        _timer.Arm(At(1));
        Advance(1);
        _timer.Ticked();
        _timer.Arm(At(1));

        Advance(1);
        _ticks.ShouldBe(2);
    }

    private long At(double milliseconds) => _time.GetTimestamp() + (long)(_time.TimestampFrequency * milliseconds / 1000);

    private void Advance(double milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
