using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Tests.Surroundings;

public sealed class PolicyTests
{
    private static readonly EngineSurroundings Native = new() { Version = ApiVersion.Oldest, IsNative = true, Identity = (0, 0) };
    private static readonly EngineSurroundings Inside = Native with { Own = new OwnContainer([("apps", true)], []), Network = "apps" };

    public static TheoryData<string, bool, string> Reaches => new()
    {
        { "native", true, "Socket" },
        { "native", false, "Bridge" },
        { "native, not root", true, "Socket" },
        { "native, root, remapped", true, "Socket" },
        { "native, not root, remapped", true, "Bridge" },
        { "rootless", true, "Published" },
        { "elsewhere", true, "Published" },
        { "elsewhere", false, "Published" },
        { "inside", true, "Name" },
        { "inside", false, "Name" },
        { "inside without names", true, "Bridge" },
    };

    private static EngineSurroundings Of(string name) => name switch
    {
        "native" => Native,
        "native, not root" => Native with { Identity = (1000, 1000) },
        "native, root, remapped" => Native with { RemapsUsers = true },
        "native, not root, remapped" => Native with { RemapsUsers = true, Identity = (1000, 1000) },
        "rootless" => Native with { IsRootless = true, Identity = (1000, 1000) },
        "elsewhere" => Native with { IsNative = false },
        "inside" => Inside,
        "inside without names" => Inside with { Network = null },
        _ => throw new ArgumentException(name),
    };

    [Theory]
    [MemberData(nameof(Reaches))]
    public void Reach_OfSurroundings_IsTheFirstThatWorks(string surroundings, bool isOurs, string expected) =>
        ReachPolicy.Decide(Of(surroundings), isOurs).ToString().ShouldBe(expected);

    [Fact]
    public void Artefact_OnTheSameMachine_IsMountedReadOnlyUnderItsName()
    {
        var delivery = ArtefactPolicy.Decide(Native, "/state/artefacts/sha256/ab/files/model.pkl");
        delivery.Mount.ShouldBe(new Mount { Type = "bind", Source = "/state/artefacts/sha256/ab/files/model.pkl", Target = "/artefact/model.pkl", ReadOnly = true });
        (delivery.Path, delivery.IsCopied).ShouldBe(("/artefact/model.pkl", false));
    }

    [Fact]
    public void Artefact_OfAnEngineElsewhere_IsCopiedOntoAVolumeOfTheContainer()
    {
        var delivery = ArtefactPolicy.Decide(Native with { IsNative = false }, "/state/model.pkl");
        delivery.Mount.ShouldBe(new Mount { Type = "volume", Target = "/artefact" });
        (delivery.Path, delivery.IsCopied).ShouldBe(("/artefact/model.pkl", true));
    }

    [Fact]
    public void Artefact_None_NothingIsMounted() => ArtefactPolicy.Decide(Inside, null).ShouldBe(ArtefactDelivery.None);

    [Theory]
    [InlineData("1.41", "volume", "arts", "/artefact", null, "/artefact/sha256/ab/model.pkl")]
    [InlineData("1.45", "volume", "arts", "/artefact/model.pkl", "sha256/ab/model.pkl", "/artefact/model.pkl")]
    [InlineData("1.41", "bind", "/srv/arts/sha256/ab/model.pkl", "/artefact/model.pkl", null, "/artefact/model.pkl")]
    public void Artefact_SeenFromAContainer_ComesThroughTheNearestMountOfIt(string version, string type, string source, string target, string? subpath, string path)
    {
        MountPoint state = new() { Type = "volume", Name = "state", Destination = "/state" };
        MountPoint artefacts = new() { Type = type, Name = "arts", Source = "/srv/arts", Destination = "/state/artefacts" };
        var inside = Inside with { Version = ApiVersion.TryParse(version)!.Value, Own = new OwnContainer([("apps", true)], [state, artefacts]) };
        var delivery = ArtefactPolicy.Decide(inside, "/state/artefacts/sha256/ab/model.pkl");
        (delivery.Mount!.Type, delivery.Mount.Source, delivery.Mount.Target, delivery.Mount.ReadOnly, delivery.Mount.VolumeOptions?.Subpath).ShouldBe((type, source, target, true, subpath));
        delivery.Path.ShouldBe(path);
    }

    [Fact]
    public void Artefact_InAContainerButOnNoMount_IsCopied() => ArtefactPolicy.Decide(Inside, "/state/model.pkl").IsCopied.ShouldBeTrue();

    [Theory]
    [InlineData("1 2 0:1 /var/lib/docker/containers/ID/hostname /etc/hostname rw - ext4 /dev/vda rw", true)]
    [InlineData("1 2 0:1 /containers/ID/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw", true)]
    [InlineData("1 2 0:1 / / rw - ext4 /dev/vda rw", false)]
    public void OwnContainerId_InTheMountsOfThisProcess_IsFound(string mounts, bool isThere)
    {
        var id = new string('a', 60) + "0123";
        OwnContainerId.Find(mounts.Replace("ID", id, StringComparison.Ordinal)).ShouldBe(isThere ? id : null);
    }
}
