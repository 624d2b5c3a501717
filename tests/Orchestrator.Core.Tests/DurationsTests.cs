using System.Globalization;

namespace Orchestrator.Core.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("00:00:00", "0 s")]
    [InlineData("00:00:00.0000006", "0 ms")]
    [InlineData("00:00:00.0002500", "0.25 ms")]
    [InlineData("00:00:00.0015678", "1.57 ms")]
    [InlineData("00:00:00.1234567", "123 ms")]
    [InlineData("00:00:00.9994999", "999 ms")]
    [InlineData("00:00:00.9995000", "1 s")]
    [InlineData("00:00:01.2500000", "1.3 s")]
    [InlineData("00:00:05", "5 s")]
    [InlineData("00:00:58.6726061", "58.7 s")]
    [InlineData("00:00:59.7589219", "59.8 s")]
    [InlineData("00:00:59.9699219", "1 min")]
    [InlineData("00:01:00", "1 min")]
    [InlineData("00:01:30.4", "1 min 30 s")]
    [InlineData("00:59:59.7", "1 h")]
    [InlineData("02:05:10", "2 h 5 min")]
    [InlineData("-00:00:02.5", "-2.5 s")]
    public void Describe_AnyDuration_IsWhatPeopleRead(string value, string expected) =>
        Durations.Describe(TimeSpan.Parse(value, CultureInfo.InvariantCulture)).ShouldBe(expected);

    [Theory]
    [InlineData("00:00:00", "0s")]
    [InlineData("00:00:59.7589219", "59758921.9us")]
    [InlineData("00:00:00.0200000", "20ms")]
    [InlineData("00:01:30", "90s")]
    [InlineData("00:10:00", "10min")]
    public void Format_AnyDuration_ParsesBackToTheSame(string value, string expected)
    {
        var duration = TimeSpan.Parse(value, CultureInfo.InvariantCulture);
        Durations.Format(duration).ShouldBe(expected);
        Durations.TryParse(expected, out var back).ShouldBeTrue();
        back.ShouldBe(duration);
    }
}
