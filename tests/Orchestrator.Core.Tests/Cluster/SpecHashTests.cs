using System.Text.Json;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Tests.Cluster;

public sealed class SpecHashTests
{
    private static readonly ModelVersionSpec Base = new()
    {
        Version = "1",
        Framework = "sklearn",
        Artefact = new ArtefactSpec { Digest = "sha256:ab" },
        Options = Options("""{"method":"predict","columns":{"a":1,"b":[1,2]}}"""),
        Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" },
        Interpreter = "/venv",
    };

    private static Dictionary<string, JsonElement> Options(string json) =>
        JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);

    public static TheoryData<string, ModelVersionSpec, bool, bool> Changes => new()
    {
        { "framework", Base with { Framework = "onnx" }, true, true },
        { "digest", Base with { Artefact = new ArtefactSpec { Digest = "sha256:cd" } }, true, true },
        { "options", Base with { Options = Options("""{"method":"predict","columns":{"a":1,"b":[2,1]}}""") }, true, true },
        { "option 1 and 1.0", Base with { Options = Options("""{"method":"predict","columns":{"a":1.0,"b":[1,2]}}""") }, true, true },
        { "command", Base with { Command = ["x"] }, true, true },
        { "environment", Base with { Environment = new Dictionary<string, string> { ["A"] = "1" } }, true, true },
        { "interpreter", Base with { Interpreter = null }, true, true },
        { "image", Base with { Image = "a:1" }, true, true },
        { "cpus", Base with { Resources = new ResourcesSpec { Cpus = 1 } }, true, false },
        { "memory", Base with { Resources = new ResourcesSpec { Memory = 1 << 30 } }, true, false },
        { "pids", Base with { Resources = new ResourcesSpec { Pids = 100 } }, true, false },
        { "gpus", Base with { Resources = new ResourcesSpec { Gpus = 1 } }, true, false },
        { "no resources", Base with { Resources = new ResourcesSpec() }, false, false },
        { "concurrency", Base with { Concurrency = 2 }, true, false },
        { "threads", Base with { Threads = 2 }, true, false },
        { "maxBytes", Base with { Batching = new BatchingSpec { MaxBytes = 1 } }, true, false },
        { "replicas", Base with { Replicas = 2 }, false, false },
        { "version", Base with { Version = "2" }, false, false },
        { "policy", Base with { Batching = new BatchingSpec { Policy = "none", MaxSize = 2, Delay = TimeSpan.FromMilliseconds(1) } }, false, false },
        { "cache", Base with { Cache = new CacheSpec { Enabled = false } }, false, false },
        { "startup", Base with { StartupTimeout = TimeSpan.FromSeconds(1) }, false, false },
        { "queue", Base with { QueueCapacity = 1 }, false, false },
        { "standby", Base with { Standby = true, Idempotent = false }, false, false },
        { "path beside digest", Base with { Artefact = new ArtefactSpec { Digest = "sha256:ab", Path = "x" } }, false, false },
        { "order of keys", Base with { Options = Options("""{"columns":{"b":[1,2],"a":1},"method":"predict"}"""), Environment = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } }, false, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Compute_OneChange_ChangesHashOnlyIfTheContainerDependsOnIt(string what, ModelVersionSpec changed, bool container, bool immutable)
    {
        (SpecHash.Compute(changed) != SpecHash.Compute(Base)).ShouldBe(container, what);
        (SpecHash.ComputeImmutable(changed) != SpecHash.ComputeImmutable(Base)).ShouldBe(immutable, what);
    }

    [Fact]
    public void Compute_KnownSpec_IsStableAcrossReleases() =>
        // Another value here would replace every running container at an upgrade.
        SpecHash.Compute(Base).ShouldBe("972192883df3eae030e8901e06d13938bb92926d8e3f96c9256651270a77c7a6");

    [Fact]
    public void Equal_SameContentInOtherLists_IsTrue()
    {
        SpecComparer.Equal(Base, Base with { Options = Options("""{"columns":{"b":[1,2],"a":1},"method":"predict"}"""), Command = [] }).ShouldBeTrue();
        SpecComparer.Equal(Base, Base with { Replicas = 2 }).ShouldBeFalse();
        SpecComparer.Equal(Base, Base with { Artefact = new ArtefactSpec { Digest = "sha256:ab", Path = "elsewhere" } }).ShouldBeTrue();
        SpecComparer.Equal(Base with { Artefact = new ArtefactSpec { Path = "a" } }, Base with { Artefact = new ArtefactSpec { Path = "b" } }).ShouldBeFalse();
        SpecComparer.Equal(new ClusterSpec { Models = [Model()] }, new ClusterSpec { Models = [Model()] }).ShouldBeTrue();
        SpecComparer.Equal(new ClusterSpec { Models = [Model()] }, new ClusterSpec()).ShouldBeFalse();
    }

    private static ModelSpec Model() => new() { Name = "m", CurrentVersion = "1", Versions = [Base] };
}
