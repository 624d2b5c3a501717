namespace Orchestrator.Core.Tests;

public sealed class ByteSizesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1024", 1024)]
    [InlineData("10B", 10)]
    [InlineData("8MiB", 8 << 20)]
    [InlineData("8 MiB", 8 << 20)]
    [InlineData("1.5KiB", 1536)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("1GiB", 1L << 30)]
    public void TryParse_Size_IsBytes(string text, long expected)
    {
        ByteSizes.TryParse(text, out var bytes).ShouldBeTrue();
        bytes.ShouldBe(expected);
        ByteSizes.TryParse(ByteSizes.Format(bytes), out var again).ShouldBeTrue();
        again.ShouldBe(expected);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("8M")]
    [InlineData("0.1B")]
    [InlineData("99999999999999TiB")]
    [InlineData("1e3")]
    public void TryParse_NoSize_IsFalse(string? text) => ByteSizes.TryParse(text, out _).ShouldBeFalse();
}
