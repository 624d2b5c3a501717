using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Storage.Registry;

namespace Orchestrator.Storage.Tests.Registry;

public sealed class DiskModelRegistryTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string DesiredPath => _folder["desired.json"];

    public void Dispose() => _folder.Dispose();

    private DiskModelRegistry Open() => DiskModelRegistry.Open(_folder.Root, NullLogger<DiskModelRegistry>.Instance);

    private static ClusterSpec Cluster(string name) => new() { Name = name };

    /// <summary>Leaves revisions 1 (named a) as the previous generation and 2 (b) as the newest.</summary>
    private async Task WriteTwoAsync()
    {
        using var registry = Open();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        await registry.TryWriteDesiredAsync(1, Cluster("b"), Token);
    }

    [Fact]
    public async Task Open_AfterWrites_ReadsWhatWasWritten()
    {
        using (var registry = Open())
        {
            await registry.TryWriteDesiredAsync(0, FullCluster(), Token);
            await registry.WriteObservedAsync(new ObservedState { Models = new Dictionary<string, ModelObservation> { ["m"] = new() { ServingVersion = "1" } } }, Token);
        }

        using var again = Open();
        var snapshot = await again.ReadAsync(Token);
        snapshot.Revision.ShouldBe(1);
        SpecComparer.Equal(snapshot.Desired, FullCluster()).ShouldBeTrue();
        snapshot.Observed.Models["m"].ServingVersion.ShouldBe("1");
        again.Warnings.ShouldBeEmpty();
    }

    private static ClusterSpec FullCluster() => new()
    {
        Name = "full",
        Models =
        [
            new ModelSpec
            {
                Name = "m", CurrentVersion = "1",
                Versions =
                [
                    new ModelVersionSpec
                    {
                        Version = "1", Framework = "sklearn", Artefact = new ArtefactSpec { Digest = "sha256:ab" }, Interpreter = "/venv", Command = ["a", "ü"],
                        Options = new Dictionary<string, JsonElement> { ["x"] = JsonDocument.Parse("""{"a":[1,2.50,"é",null,true]}""").RootElement },
                        Environment = new Dictionary<string, string> { ["K"] = "v" }, Batching = new BatchingSpec { Delay = TimeSpan.FromMicroseconds(1500) },
                    },
                ],
            },
        ],
        Applications =
        [
            new ApplicationSpec
            {
                Name = "app", Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) }, DefaultOutput = JsonDocument.Parse("-1").RootElement,
                Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = "m", Weight = 0.1 }] },
            },
        ],
    };

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("""{"schemaVersion":1}""")]
    [InlineData("""{"some":"other program's file"}""")]
    [InlineData("""{"schemaVersion":1,"kind":"observed","revision":2,"checksum":"x","content":{}}""")]
    public async Task Open_NewestDamaged_TakesPreviousGenerationAndWarns(string content)
    {
        await WriteTwoAsync();
        await File.WriteAllTextAsync(DesiredPath, content, Token);
        using (var registry = Open())
        {
            var snapshot = await registry.ReadAsync(Token);
            snapshot.Revision.ShouldBe(1);
            snapshot.Desired.Name.ShouldBe("a");
            registry.Warnings.ShouldHaveSingleItem().ShouldContain(DesiredPath);
            (await File.ReadAllTextAsync(DesiredPath + ".damaged", Token)).ShouldBe(content);
            (await registry.TryWriteDesiredAsync(1, Cluster("c"), Token)).ShouldNotBeNull().Revision.ShouldBe(2);
        }

        using var again = Open();
        again.Warnings.ShouldBeEmpty();
        (await again.ReadAsync(Token)).Desired.Name.ShouldBe("c");
    }

    [Fact]
    public async Task Open_EveryBitFlippedOrCutShort_IsNoticed()
    {
        await WriteTwoAsync();
        var bytes = await File.ReadAllBytesAsync(DesiredPath, Token);
        for (var i = 0; i < bytes.Length; i++)
        {
            foreach (var damaged in new[] { bytes[..i], [.. bytes[..i], (byte)(bytes[i] ^ 1), .. bytes[(i + 1)..]] })
            {
                try
                {
                    RegistryDocument.Read(damaged, "desired", Core.Json.CoreJson.Default.ClusterSpec);
                }
                catch (RegistryDocumentException)
                {
                    continue;
                }

                Assert.Fail($"Byte {i}: {Encoding.UTF8.GetString(damaged)}");
            }
        }
    }

    [Fact]
    public async Task Open_NewestMissing_TakesPreviousGenerationAndWarns()
    {
        await WriteTwoAsync();
        File.Delete(DesiredPath);
        using var registry = Open();
        (await registry.ReadAsync(Token)).Revision.ShouldBe(1);
        registry.Warnings.ShouldHaveSingleItem().ShouldContain("missing");
    }

    [Fact]
    public async Task Open_BothGenerationsDamaged_SaysWhatToDoAndLeavesThem()
    {
        await WriteTwoAsync();
        await File.WriteAllTextAsync(DesiredPath, "x", Token);
        await File.WriteAllTextAsync(DesiredPath + ".bak", "y", Token);
        var message = Should.Throw<RegistryException>(Open).Message;
        message.ShouldContain(DesiredPath);
        message.ShouldContain("backup");
        (await File.ReadAllTextAsync(DesiredPath, Token)).ShouldBe("x");
        Should.Throw<RegistryException>(Open).Message.ShouldBe(message, "the lock was given back");
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefusedThoughAPreviousGenerationExists()
    {
        await WriteTwoAsync();
        var text = await File.ReadAllTextAsync(DesiredPath, Token);
        await File.WriteAllTextAsync(DesiredPath, text.Replace("\"schemaVersion\":1", "\"schemaVersion\":2", StringComparison.Ordinal), Token);
        var message = Should.Throw<RegistryException>(Open).Message;
        message.ShouldContain("schema version 2");
        message.ShouldContain("newer orchestrator");
        File.Exists(DesiredPath + ".damaged").ShouldBeFalse();
    }

    [Fact]
    public async Task Open_LeftoverOfAnInterruptedWrite_IsRemoved()
    {
        await WriteTwoAsync();
        await File.WriteAllTextAsync(DesiredPath + ".tmp", "half", Token);
        using var registry = Open();
        (await registry.ReadAsync(Token)).Revision.ShouldBe(2);
        File.Exists(DesiredPath + ".tmp").ShouldBeFalse();
    }

    [Fact]
    public async Task TryWriteDesired_DiskFull_ThrowsAndOldStateStays()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs a device that is always full");
        using (var registry = Open())
        {
            await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
            File.CreateSymbolicLink(DesiredPath + ".tmp", "/dev/full");
            var error = await Should.ThrowAsync<RegistryException>(async () => await registry.TryWriteDesiredAsync(1, Cluster("b"), Token));
            error.Message.ShouldContain("revision 1 stays");
            error.Message.ShouldContain("No space left");
            (await registry.ReadAsync(Token)).Desired.Name.ShouldBe("a");
        }

        using var again = Open();
        (await again.ReadAsync(Token)).Revision.ShouldBe(1);
        (await again.TryWriteDesiredAsync(1, Cluster("b"), Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task TryWriteDesired_ContentThatCouldNotBeReadAgain_IsNotStored()
    {
        using var registry = Open();
        await registry.TryWriteDesiredAsync(0, Cluster("a"), Token);
        var unreadable = new ClusterSpec { Models = [new ModelSpec { Name = "m", CurrentVersion = "1", Timeout = TimeSpan.FromSeconds(-1) }] };
        await Should.ThrowAsync<RegistryException>(async () => await registry.TryWriteDesiredAsync(1, unreadable, Token));
        (await registry.ReadAsync(Token)).Revision.ShouldBe(1);
    }

    [Fact]
    public void Open_HeldInThisProcess_NamesIt()
    {
        using (Open())
        {
            Should.Throw<RegistryException>(Open).Message.ShouldContain($"process {Environment.ProcessId}");
        }

        Open().Dispose();
    }

    [Fact]
    public void Open_FolderIsAFile_SaysSo()
    {
        File.WriteAllText(_folder["file"], "");
        Should.Throw<RegistryException>(() => DiskModelRegistry.Open(_folder["file"], NullLogger<DiskModelRegistry>.Instance)).Message.ShouldContain(_folder["file"]);
    }

    [Fact]
    public void Open_NewFolder_IsForThisUserAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix rights");
        using var registry = DiskModelRegistry.Open(_folder["new"], NullLogger<DiskModelRegistry>.Instance);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(_folder["new"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
