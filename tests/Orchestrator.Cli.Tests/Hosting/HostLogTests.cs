using Orchestrator.Cli.Hosting;

namespace Orchestrator.Cli.Tests.Hosting;

public sealed class HostLogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Pump_OfLines_WritesAllToTheFileAndWarningsToTheTerminal()
    {
        using var terminal = new StringWriter();
        await using (var log = new HostLog(FilePath, terminal, showAll: false))
        {
            await log.PumpAsync(new StringReader("12:00 info: A[1] fine\n12:01 warn: B[2] not fine\nFATAL: over\n"));
            log.Fatal.ShouldBe("over");
        }

        terminal.ToString().ShouldBe("12:01 warn: B[2] not fine\n");
        (await File.ReadAllTextAsync(FilePath, CliRun.Token)).Split('\n').Length.ShouldBe(4);
    }

    [Fact]
    public async Task Pump_WhileSomethingDraws_HoldsLinesBack()
    {
        using var terminal = new StringWriter();
        await using var log = new HostLog(FilePath, terminal, showAll: true);
        log.Hold();
        await log.PumpAsync(new StringReader("one\n"));
        terminal.ToString().ShouldBeEmpty();
        await log.ReleaseAsync();
        await log.PumpAsync(new StringReader("two\n"));
        terminal.ToString().ShouldBe("one\ntwo\n");
    }

    [Fact]
    public async Task Pump_WhenTheDiskIsFull_ReadsOn()
    {
        using var terminal = new StringWriter();
        await using var log = new HostLog(FilePath, terminal, showAll: false, new FullDisk());
        await log.PumpAsync(new StringReader(string.Concat(Enumerable.Repeat("12:00 info: A[1] fine\n", 100)) + "last\n"));
        log.Last[^1].ShouldBe("last");
        terminal.ToString().ShouldBe($"warning: {FilePath} cannot be written any more: no space left\n");
    }

    [Fact]
    public async Task Pump_WhenTheDiskIsFullWhileSomethingDraws_HoldsThatBackToo()
    {
        using var terminal = new StringWriter();
        await using var log = new HostLog(FilePath, terminal, showAll: false, new FullDisk());
        log.Hold();
        await log.PumpAsync(new StringReader("12:00 info: A[1] fine\n"));
        terminal.ToString().ShouldBeEmpty();
        await log.ReleaseAsync();
        terminal.ToString().ShouldStartWith("warning: ");
    }

    [Fact]
    public async Task HostLog_StartedAgain_KeepsTheFormerFile()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var log = new HostLog(FilePath, TextWriter.Null, showAll: false);
            await log.PumpAsync(new StringReader($"run {i}\n"));
        }

        (await File.ReadAllTextAsync(FilePath + ".1", CliRun.Token)).ShouldBe("run 0\n");
    }

    private string FilePath => Path.Combine(_folder.FullName, "host.log");

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("no space left");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("no space left");
    }
}
