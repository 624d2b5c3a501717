using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Tests.Files;

public sealed class DurableFilesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Replace_WhileSomebodyReads_NeverTouchesTheOldBytes()
    {
        var path = _folder["file"];
        File.WriteAllText(path, "old and whole");
        using (var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)))
        {
            DurableFiles.Replace(path, "new"u8);
            // The old file lives on beside its replacement: had it been overwritten, a crash in between would have left half of each.
            reader.ReadToEnd().ShouldBe("old and whole");
        }

        File.ReadAllText(path).ShouldBe("new");
        Directory.GetFiles(_folder.Root).ShouldHaveSingleItem();
    }

    [Fact]
    public void SyncFolder_MissingFolder_Throws()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "does nothing there");
        Should.Throw<IOException>(() => DurableFiles.SyncFolder(_folder["none"])).Message.ShouldContain("No such file");
    }
}
