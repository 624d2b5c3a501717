using Orchestrator.Cli.Features;

namespace Orchestrator.Cli.Tests.Features;

public sealed class CsvReaderTests
{
    private static List<(int Line, string Fields)> Read(string text)
    {
        var reader = new CsvReader(new StringReader(text));
        var records = new List<(int, string)>();
        while (reader.Read() is { } fields)
        {
            records.Add((reader.Line, string.Join('|', fields)));
        }

        return records;
    }

    [Fact]
    public void Records_KnowTheirLines_WhateverIsInQuotes() =>
        Read("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n,\n3,\"\"\n4,a\"b\"").ShouldBe([(1, "a|b"), (2, "1|x, \"y\"\nz"), (5, "|"), (6, "3|"), (7, "4|a\"b\"")]);

    [Fact]
    public void Nothing_IsNoRecord() => Read("\n\r\n").ShouldBeEmpty();

    [Fact]
    public void Quote_ThatIsNotClosed_IsSaidWithItsLine() => Should.Throw<FormatException>(() => Read("a\n\"b\nc")).Message.ShouldBe("line 2: a quote is not closed");
}
