namespace Orchestrator.Container.Noop.Tests;

public sealed class BatchDurationTests
{
    [Fact]
    public void Next_WithoutNoise_IsBasePlusRows() =>
        new BatchDuration(new NoopOptions { BaseMs = 2, PerRowMs = 0.5 }).Next(4).ShouldBe(TimeSpan.FromMilliseconds(4));

    [Fact]
    public void Next_SameSeed_IsTheSameSequence()
    {
        var options = new NoopOptions { BaseMs = 10, Noise = 0.3, Seed = 5 };
        BatchDuration first = new(options), second = new(options), other = new(options with { Seed = 6 });

        var sequence = Enumerable.Range(0, 50).Select(_ => first.Next(1)).ToList();

        Enumerable.Range(0, 50).Select(_ => second.Next(1)).ShouldBe(sequence);
        Enumerable.Range(0, 50).Select(_ => other.Next(1)).ShouldNotBe(sequence);
    }

    [Fact]
    public void Next_WithNoise_HasTheMedianAndSpreadOfALognormal()
    {
        var duration = new BatchDuration(new NoopOptions { BaseMs = 10, Noise = 0.5 });

        var logs = Enumerable.Range(0, 20_000).Select(_ => Math.Log(duration.Next(1).TotalMilliseconds / 10)).Order().ToArray();

        logs[logs.Length / 2].ShouldBe(0, 0.02);
        Math.Sqrt(logs.Average(l => l * l)).ShouldBe(0.5, 0.02);
    }

    [Fact]
    public void Until_TwoMilliseconds_IsNeverEarly()
    {
        var wait = new PreciseWait(TimeProvider.System, sleep: true);
        for (var i = 0; i < 20; i++)
        {
            var begun = TimeProvider.System.GetTimestamp();
            wait.Until(begun, TimeSpan.FromMilliseconds(2));
            TimeProvider.System.GetElapsedTime(begun).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(2));
        }
    }
}
