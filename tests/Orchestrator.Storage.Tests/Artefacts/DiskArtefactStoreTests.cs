using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Artefacts;
using Orchestrator.Storage.Artefacts;

namespace Orchestrator.Storage.Tests.Artefacts;

public sealed class DiskArtefactStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private DiskArtefactStore Open(ArtefactStoreOptions? limits = null) =>
        DiskArtefactStore.Open(_folder["store"], limits ?? new ArtefactStoreOptions(), _time, NullLogger<DiskArtefactStore>.Instance);

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static MemoryStream Tar(params (string Name, string? Content, TarEntryType Type)[] entries)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content, type) in entries)
            {
                var entry = new PaxTarEntry(type, name);
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                {
                    entry.LinkName = content!;
                }
                else if (content is not null)
                {
                    entry.DataStream = Bytes(content);
                }

                writer.WriteEntry(entry);
            }
        }

        tar.Position = 0;
        return tar;
    }

    private static (string, string?, TarEntryType) File(string name, string content) => (name, content, TarEntryType.RegularFile);

    private string[] Incoming => Directory.GetFileSystemEntries(_folder[Path.Combine("store", "incoming")]);

    [Fact]
    public async Task PutFile_Content_IsFoundByItsDigestAlsoAfterReopening()
    {
        var digest = await Open().PutFileAsync("model.pkl", Bytes("hello"), Token);
        digest.ShouldBe(ArtefactDigest.OfFile("model.pkl", SHA256.HashData("hello"u8)));
        var store = Open();
        var path = store.FindPath(digest).ShouldNotBeNull();
        Path.GetFileName(path).ShouldBe("model.pkl");
        System.IO.File.ReadAllText(path).ShouldBe("hello");
        store.Describe(digest).ShouldBe(new ArtefactInfo(digest, "model.pkl", false, 5));
        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task PutFile_SameBytesOtherName_IsAnotherArtefact()
    {
        var store = Open();
        (await store.PutFileAsync("a.pkl", Bytes("x"), Token)).ShouldNotBe(await store.PutFileAsync("a.onnx", Bytes("x"), Token));
    }

    [Fact]
    public async Task PutFile_SameContentManyAtOnce_IsStoredOnce()
    {
        var store = Open();
        var content = new byte[300_000];
        var digests = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => store.PutFileAsync("m", new MemoryStream(content), Token), Token)));
        digests.Distinct().ShouldHaveSingleItem();
        System.IO.File.ReadAllBytes(store.FindPath(digests[0])!).ShouldBe(content);
        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task PutFile_Stored_IsReadOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix rights");
        var store = Open();
        var path = store.FindPath(await store.PutFileAsync("m", Bytes("x"), Token))!;
        if (!OperatingSystem.IsWindows())
        {
            (System.IO.File.GetUnixFileMode(path) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)).ShouldBe(UnixFileMode.None);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    public async Task Put_NameThatIsNotPlain_IsRefused(string name)
    {
        var store = Open();
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFileAsync(name, Bytes("x"), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync(name, Tar(File("a", "x")), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFileAsync(new string('a', 256), Bytes("x"), Token));
    }

    [Fact]
    public async Task PutFolder_Tar_EqualsTheFolderAndItsLocalDigest()
    {
        Directory.CreateDirectory(_folder["model/sub/empty"]);
        await System.IO.File.WriteAllTextAsync(_folder["model/b"], "bb", Token);
        await System.IO.File.WriteAllTextAsync(_folder["model/sub/a"], "a", Token);
        await System.IO.File.WriteAllTextAsync(_folder["model/Z"], "", Token);
        using var tar = new MemoryStream();
        await TarFile.CreateFromDirectoryAsync(_folder["model"], tar, includeBaseDirectory: false, Token);
        tar.Position = 0;
        var store = Open();
        var digest = await store.PutFolderAsync("model", tar, Token);
        digest.ShouldBe(await ArtefactDigest.ComputeAsync(_folder["model"], Token));
        digest.ShouldBe(ArtefactDigest.OfFolder([("sub/a", SHA256.HashData("a"u8)), ("Z", SHA256.HashData([])), ("b", SHA256.HashData("bb"u8))]));
        digest.ShouldBe(await store.PutFolderAsync("other", Tar(("./", null, TarEntryType.Directory), File("./sub/a", "a"), File("b", "bb"), File("Z", "")), Token));
        var path = store.FindPath(digest)!;
        Directory.GetFileSystemEntries(path, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(path, p)).Order(StringComparer.Ordinal).ShouldBe(["Z", "b", "sub", "sub/a"]);
        store.Describe(digest).ShouldBe(new ArtefactInfo(digest, "model", true, 3));
        Incoming.ShouldBeEmpty();
    }

    public static TheoryData<string, string> Attacks => new()
    {
        { "../x", "RegularFile" }, { "a/../../x", "RegularFile" }, { "/etc/x", "RegularFile" }, { "a/..", "RegularFile" }, { "a\\..\\x", "RegularFile" }, { "a/./x", "RegularFile" },
        { "link", "SymbolicLink" }, { "link", "HardLink" }, { "pipe", "Fifo" }, { "..", "Directory" }, { "/", "Directory" }, { "./", "RegularFile" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task PutFolder_EntryThatIsNotAllowed_IsRefusedAndLeavesNothing(string name, string type)
    {
        var store = Open();
        var entry = (name, (string?)(type.Contains("Link", StringComparison.Ordinal) ? "/etc/passwd" : null), Enum.Parse<TarEntryType>(type));
        var error = await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", Tar(File("ok", "x"), entry), Token));
        error.Message.ShouldContain("Archive entry");
        Incoming.ShouldBeEmpty();
        Directory.GetFileSystemEntries(_folder[Path.Combine("store", "sha256")]).ShouldBeEmpty();
        System.IO.File.Exists(_folder["x"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "a/b")]
    [InlineData("a/b", "a")]
    public async Task PutFolder_SameNameTwice_IsRefused(string first, string second)
    {
        var error = await Should.ThrowAsync<ArtefactStoreException>(() => Open().PutFolderAsync("m", Tar(File(first, "1"), File(second, "2")), Token));
        error.Message.ShouldContain("twice");
    }

    [Fact]
    public async Task PutFolder_NoTarOrCutShortOrEmpty_IsRefused()
    {
        var store = Open();
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", Bytes("this is no archive at all, and longer than nothing".PadRight(2048, '.')), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", new MemoryStream(), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", Tar(("a", null, TarEntryType.Directory)), Token));
        var whole = Tar(File("a", new string('x', 5000))).ToArray();
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", new MemoryStream(whole[..3000]), Token));
        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task PutFolder_AnyDamageToTheArchive_IsStoredOrRefused()
    {
        var store = Open(new ArtefactStoreOptions { MaxBytes = 1 << 20 });
        var whole = Tar(File("a", "x"), File("sub/b", new string('y', 700)), ("sub", null, TarEntryType.Directory), File(new string('n', 150), "z")).ToArray();
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var damaged = whole.ToArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                await store.PutFolderAsync("m", new MemoryStream(damaged), Token);
            }
            catch (ArtefactStoreException)
            {
            }
        }

        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task PutFile_FolderCannotBeWritten_SaysWhereAndWhatToDo()
    {
        var store = Open();
        Directory.Delete(_folder[Path.Combine("store", "incoming")]);
        await System.IO.File.WriteAllTextAsync(_folder[Path.Combine("store", "incoming")], "", Token);
        var error = await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFileAsync("m", Bytes("x"), Token));
        error.Message.ShouldContain(_folder["store"]);
        error.Message.ShouldContain("Free space");
    }

    [Fact]
    public async Task Put_OverTheLimits_IsRefusedAndLeavesNothing()
    {
        var store = Open(new ArtefactStoreOptions { MaxBytes = 10, MaxFiles = 2 });
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFileAsync("m", Bytes("01234567890"), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", Tar(File("a", "012345"), File("b", "012345")), Token));
        await Should.ThrowAsync<ArtefactStoreException>(() => store.PutFolderAsync("m", Tar(File("a", "1"), File("b", "1"), File("c", "1")), Token));
        Incoming.ShouldBeEmpty();
        await store.PutFileAsync("m", Bytes("0123456789"), Token);
    }

    [Fact]
    public async Task Put_Cancelled_LeavesNothing()
    {
        var store = Open();
        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => store.PutFileAsync("m", new CancellingStream(cancel), cancel.Token));
        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task Open_LeftoverOfAnInterruptedUpload_IsRemoved()
    {
        var digest = await Open().PutFileAsync("m", Bytes("x"), Token);
        Directory.CreateDirectory(_folder["store/incoming/abc/files/sub"]);
        await System.IO.File.WriteAllTextAsync(_folder["store/incoming/abc/files/sub/half"], "x", Token);
        ReadOnlyFiles.Protect(_folder["store/incoming/abc/files/sub"], isFolder: true);
        Open().FindPath(digest).ShouldNotBeNull();
        Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task Open_DamagedArtefact_IsPassedOverAndReplacedByTheNextPut()
    {
        var digest = await Open().PutFileAsync("m", Bytes("x"), Token);
        var folder = _folder[Path.Combine("store", "sha256", digest[7..])];
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, "meta.json"), "{", Token);
        var store = Open();
        store.FindPath(digest).ShouldBeNull();
        (await store.PutFileAsync("m", Bytes("x"), Token)).ShouldBe(digest);
        store.FindPath(digest).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:../../x")]
    [InlineData("md5:00")]
    public void FindPath_NoDigest_IsNull(string digest)
    {
        Open().FindPath(digest).ShouldBeNull();
        Open().Describe(digest).ShouldBeNull();
    }

    [Fact]
    public async Task RemoveUnreferenced_OldAndUnreferenced_RemovesOnlyThose()
    {
        var store = Open();
        var kept = await store.PutFileAsync("kept", Bytes("1"), Token);
        var renewed = await store.PutFileAsync("renewed", Bytes("2"), Token);
        var removed = await store.PutFolderAsync("removed", Tar(File("sub/a", "x")), Token);
        _time.Now += TimeSpan.FromHours(1);
        await store.PutFileAsync("renewed", Bytes("2"), Token);
        var fresh = await store.PutFileAsync("fresh", Bytes("3"), Token);
        (await store.RemoveUnreferencedAsync(new HashSet<string> { kept }, _time.Now, Token)).ShouldBe(1);
        store.FindPath(removed).ShouldBeNull();
        store = Open();
        store.FindPath(removed).ShouldBeNull();
        store.FindPath(kept).ShouldNotBeNull();
        store.FindPath(renewed).ShouldNotBeNull();
        store.FindPath(fresh).ShouldNotBeNull();
        Incoming.ShouldBeEmpty();
    }

    /// <summary>Gives some bytes, then cancels the reader's token.</summary>
    private sealed class CancellingStream(CancellationTokenSource cancel) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cancel.CancelAsync();
            return 10;
        }
    }
}
