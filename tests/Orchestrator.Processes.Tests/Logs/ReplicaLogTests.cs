using Orchestrator.Processes.Logs;

namespace Orchestrator.Processes.Tests.Logs;

public sealed class ReplicaLogTests : IDisposable
{
    private readonly string _folder = RuntimeFixture.NewFolder();
    private readonly List<string> _problems = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_OfMoreThanMemoryHolds_TakesTheFiles()
    {
        using var log = Create(1024 * 1024);
        log.Append(Lines(0, 5000));
        var lines = await ReadAsync(log, 2000);
        lines.Count.ShouldBe(2000);
        lines[0].ShouldBe("line 3000");
        lines[^1].ShouldBe("line 4999");
    }

    [Fact]
    public async Task Append_BeyondTheLimit_KeepsTheNewestWithinIt()
    {
        const int limit = 64 * 1024;
        using var log = Create(limit);
        for (var i = 0; i < 200; i++)
        {
            log.Append(Lines(i * 100, 100));
        }

        Directory.EnumerateFiles(_folder).Sum(f => new FileInfo(f).Length).ShouldBeLessThan(limit + 4096);
        var lines = await ReadAsync(log, int.MaxValue);
        lines.Count.ShouldBeGreaterThan(2000);
        lines[^1].ShouldBe("line 19999");
        lines.Select((l, i) => (l, i)).ShouldAllBe(p => p.l == $"line {20000 - lines.Count + p.i}");
    }

    [Fact]
    public async Task Read_ThatFollows_SeesEachLineOnceUntilTheEnd()
    {
        using var log = Create(1024 * 1024);
        log.Append(Lines(0, 10));
        await using var reader = log.ReadAsync(3, follow: true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (var i = 7; i < 10; i++)
        {
            (await reader.MoveNextAsync()).ShouldBeTrue();
            reader.Current.ShouldBe($"line {i}");
        }

        var next = reader.MoveNextAsync();
        next.IsCompleted.ShouldBeFalse();
        log.Append(Lines(10, 1));
        (await next).ShouldBeTrue();
        reader.Current.ShouldBe("line 10");
        log.End();
        (await reader.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Read_ThatFollowsTooSlowly_IsToldWhatItMissed()
    {
        using var log = Create(1024 * 1024);
        log.Append(Lines(0, 1));
        await using var reader = log.ReadAsync(1, follow: true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await reader.MoveNextAsync();
        log.Append(Lines(1, 1500));
        await reader.MoveNextAsync();
        reader.Current.ShouldBe("... 1000 lines left out: they came faster than they were read ...");
        await reader.MoveNextAsync();
        reader.Current.ShouldBe("line 1001");
    }

    [Fact]
    public async Task Append_WhenTheFileCannotBeWritten_StillKeepsTheNewestLines()
    {
        using var log = new ReplicaLog(Path.Combine(_folder, "missing", "x.log"), 1000, _problems.Add);
        log.Append(Lines(0, 3));
        (await ReadAsync(log, 10)).ShouldBe(["line 0", "line 1", "line 2"]);
        log.DiskProblem.ShouldNotBeNull();
        _problems.ShouldBe([log.DiskProblem]);
    }

    [Fact]
    public async Task Append_WhenTheDiskIsFull_SaysSoOnceAndKeepsTheNewestLines()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "x.log"), "/dev/full");
        using (var log = Create(1000))
        {
            log.Append(Lines(0, 1));
            log.Append(Lines(1, 2));
            log.End();
            log.Append(Lines(3, 1));
            (await ReadAsync(log, 10)).ShouldBe(["line 0", "line 1", "line 2", "line 3"]);
        }

        _problems.ShouldHaveSingleItem().ShouldContain("No space left on device");
    }

    [Fact]
    public void LastWithFatal_OfSeveral_HasTheNewestThoughMuchFollowed()
    {
        using var log = Create(1000);
        log.Append(["FATAL: one", "x FATAL: no", "FATAL: two", "after", "after that"]);
        log.LastWithFatal(2).ShouldBe(["FATAL: two", "after that"]);
        log.LastWithFatal(3).ShouldBe(["FATAL: two", "after", "after that"]);
    }

    private ReplicaLog Create(long bytes) => new(Path.Combine(_folder, "x.log"), bytes, _problems.Add);

    private static string[] Lines(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"line {i}")];

    private static async Task<List<string>> ReadAsync(ReplicaLog log, int tail) =>
        await log.ReadAsync(tail, follow: false, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
}
