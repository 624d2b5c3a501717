using System.Formats.Tar;
using Orchestrator.Core.Images;
using Orchestrator.Docker.Building;

namespace Orchestrator.Docker.Tests.Building;

public sealed class BuildContextTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("build-context-");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_OfAFile_PutsItIntoTheArtefactFolder()
    {
        var file = Path.Combine(_folder.FullName, "model.joblib");
        await File.WriteAllTextAsync(file, "weights", Test);

        var entries = await ReadAsync(new ImageBuildSpec { Image = "i", Framework = "f", ArtefactPath = file, Requirements = "numpy\n" });

        entries.ShouldBe([
            ("Dockerfile", "FROM x"), ("requirements.txt", "numpy\n"), ("install-requirements.sh", DockerfileWriter.Install), ("artefact/", null), ("artefact/model.joblib", "weights")]);
    }

    [Fact]
    public async Task Write_OfAFolder_KeepsItsTree()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "model", "inner")).Parent!;
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "b.txt"), "b", Test);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "inner", "a.txt"), "a", Test);

        var entries = await ReadAsync(new ImageBuildSpec { Image = "i", Framework = "f", ArtefactPath = folder.FullName });

        entries.Select(e => e.Name).ShouldBe(["Dockerfile", "artefact/", "artefact/model/", "artefact/model/b.txt", "artefact/model/inner/", "artefact/model/inner/a.txt"]);
        entries[^1].Text.ShouldBe("a");
    }

    [Fact]
    public async Task Write_OfEqualContent_IsAnEqualArchive()
    {
        var file = Path.Combine(_folder.FullName, "m");
        await File.WriteAllTextAsync(file, "x", Test);
        var spec = new ImageBuildSpec { Image = "i", Framework = "f", ArtefactPath = file };
        var first = await WriteAsync(spec);
        File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetUnixFileMode(file, UnixFileMode.UserRead);

        (await WriteAsync(spec)).ShouldBe(first);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<byte[]> WriteAsync(ImageBuildSpec spec)
    {
        using var archive = new MemoryStream();
        await BuildContext.WriteAsync(archive, "FROM x", spec, Test);
        return archive.ToArray();
    }

    private static async Task<List<(string Name, string? Text)>> ReadAsync(ImageBuildSpec spec)
    {
        await using var tar = new TarReader(new MemoryStream(await WriteAsync(spec)));
        var entries = new List<(string, string?)>();
        while (await tar.GetNextEntryAsync(copyData: true, Test) is { } entry)
        {
            entry.ModificationTime.ShouldBe(DateTimeOffset.UnixEpoch);
            entry.Mode.HasFlag(UnixFileMode.OtherRead).ShouldBeTrue();
            entries.Add((entry.Name, entry.EntryType == TarEntryType.Directory ? null : entry.DataStream is null ? "" : await new StreamReader(entry.DataStream).ReadToEndAsync(Test)));
        }

        return entries;
    }
}
