using System.Formats.Tar;
using Orchestrator.Cli.Artefacts;
using Orchestrator.Core.Artefacts;

namespace Orchestrator.Cli.Tests.Artefacts;

public sealed class LocalArtefactTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Folder_SentTwice_IsTheSameArchiveWithoutWhatToolsLeave()
    {
        Write("model/b.txt", "b");
        Write("model/a/x.txt", "x");
        Write("model/__pycache__/c.pyc", "c");
        Write("model/.git/HEAD", "ref");
        var first = await TarAsync("model");
        File.SetLastWriteTimeUtc(Path.Combine(_folder.FullName, "model/b.txt"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var second = await TarAsync("model");
        second.ShouldBe(first);
        var names = new List<string>();
        await using var tar = new TarReader(new MemoryStream(first));
        while (await tar.GetNextEntryAsync(cancellationToken: CliRun.Token) is { } entry)
        {
            names.Add(entry.Name);
        }

        names.ShouldBe(["a/x.txt", "b.txt"]);
    }

    [Fact]
    public async Task Digest_OfFileAndFolder_IsTheStores()
    {
        Write("model/b.txt", "b");
        Write("model/a/x.txt", "x");
        foreach (var path in new[] { "model", "model/b.txt" }.Select(p => Path.Combine(_folder.FullName, p)))
        {
            (await LocalArtefact.Find(path).DigestAsync(CliRun.Token)).ShouldBe(await ArtefactDigest.ComputeAsync(path, CliRun.Token));
        }
    }

    [Fact]
    public void Find_OfNothingAnEmptyFolderOrALink_SaysSo()
    {
        Should.Throw<CliException>(() => LocalArtefact.Find(Path.Combine(_folder.FullName, "none"))).Message.ShouldBe($"{_folder.FullName}/none: no such file or folder; expected the model's file or folder.");
        Write("empty/__pycache__/x", "");
        Should.Throw<CliException>(() => LocalArtefact.Find(Path.Combine(_folder.FullName, "empty"))).Message.ShouldContain("holds no file");
        Write("linked/x", "");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "linked/y"), "/etc/hostname");
        Should.Throw<CliException>(() => LocalArtefact.Find(Path.Combine(_folder.FullName, "linked"))).Message.ShouldContain("is a link");
    }

    [Fact]
    public async Task Deploy_OfAFile_UploadsItOnceAndNamesItByDigest()
    {
        Write("model.pkl", "bytes");
        var path = Path.Combine(_folder.FullName, "model.pkl");
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Digest = await ArtefactDigest.ComputeAsync(path, CliRun.Token);
        string[] deploy = ["model", "deploy", "m", "--version", "1", "--framework", "sklearn", "--path", path, "--no-wait"];
        (await CliRun.OfAsync(orchestrator, deploy)).ExitCode.ShouldBe(0);
        orchestrator.Artefacts["model.pkl"].ShouldBe("bytes"u8.ToArray());
        orchestrator.Requests.Last().ShouldContain($"\"artefact\":{{\"digest\":\"{orchestrator.Digest}\"}}");

        orchestrator.Artefacts.Clear();
        orchestrator.Stored.Add(orchestrator.Digest);
        (await CliRun.OfAsync(orchestrator, deploy)).ExitCode.ShouldBe(0);
        orchestrator.Artefacts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deploy_OfAFileThatChangesOnTheWay_IsNotAccepted()
    {
        Write("model.pkl", "bytes");
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Digest = "sha256:other";
        var run = await CliRun.OfAsync(orchestrator, "model", "deploy", "m", "--version", "1", "--framework", "sklearn", "--path", Path.Combine(_folder.FullName, "model.pkl"));
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("changed while it was sent");
    }

    private async Task<byte[]> TarAsync(string folder)
    {
        using var archive = new MemoryStream();
        await LocalArtefact.Find(Path.Combine(_folder.FullName, folder)).WriteAsync(archive, CliRun.Token);
        return archive.ToArray();
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
