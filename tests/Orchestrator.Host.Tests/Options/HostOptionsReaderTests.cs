using Orchestrator.Host.Options;

namespace Orchestrator.Host.Tests.Options;

public sealed class HostOptionsReaderTests
{
    [Theory]
    [InlineData(null, 256L << 20)]
    [InlineData("1", 1L << 20)]
    [InlineData("0", 0)]
    [InlineData("1048576", 1L << 40)]
    public void CacheMib_IsTheBytesOfTheCacheInTheProcess(string? given, long bytes)
    {
        List<string> errors = [];
        var options = HostOptionsReader.Read(given is null ? [] : ["--cache-mib", given], _ => null, errors);
        HostOptionsValidator.Validate(options, errors);
        errors.ShouldNotContain(e => e.Contains("cache-mib", StringComparison.Ordinal));
        options.CacheBytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("-1", "--cache-mib: expected a whole number, got '-1'")]
    [InlineData("1048577", "--cache-mib: expected 0 (no cache) to 1048576 MiB")]
    public void CacheMib_ThatIsNone_IsNamedWithWhatWasExpected(string given, string error)
    {
        List<string> errors = [];
        HostOptionsValidator.Validate(HostOptionsReader.Read(["--cache-mib", given], _ => null, errors), errors);
        errors.ShouldContain(error);
    }
}
