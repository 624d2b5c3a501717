using Orchestrator.Core.Cluster;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Running;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Tests.Running;

public sealed class CreateRequestMapperTests
{
    private static readonly EngineSurroundings Native = new() { Version = ApiVersion.Oldest, IsNative = true, Identity = (0, 0) };

    private static ContainerPlan Plan(Reach reach = Reach.Socket, ModelVersionSpec? spec = null) => new()
    {
        Launch = Launches.Of(spec),
        Surroundings = Native,
        StateId = "0123456789abcdef",
        Image = "orchestrator-noop:latest",
        ImageConfig = new ImageConfig { User = "10001" },
        Reach = reach,
        Artefact = ArtefactDelivery.None,
        SocketFolder = reach == Reach.Socket ? "/work/s/ab12cd" : null,
        DrainTime = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public void Map_AnyContainer_MayDoLittle()
    {
        var host = CreateRequestMapper.Map(Plan()).HostConfig!;
        host.ReadonlyRootfs.ShouldBe(true);
        host.CapDrop.ShouldBe(["ALL"]);
        host.SecurityOpt.ShouldBe(["no-new-privileges"]);
        host.Privileged.ShouldBe(false);
        host.Tmpfs!.Keys.ShouldBe(["/tmp"]);
        host.RestartPolicy!.Name.ShouldBe("no");
        host.Mounts!.ShouldAllBe(m => !m.Source!.Contains("docker.sock"));
        (host.Memory, host.NanoCpus, host.PidsLimit, host.DeviceRequests).ShouldBe((null, null, null, null));
    }

    [Fact]
    public void Map_Limits_ReachTheEngineInItsUnits()
    {
        var host = CreateRequestMapper.Map(Plan(spec: new() { Version = "1", Framework = "noop", Resources = new ResourcesSpec { Cpus = 1.5, Memory = 1 << 28, Pids = 64, Gpus = 2 } })).HostConfig!;
        (host.NanoCpus, host.Memory, host.MemorySwap, host.PidsLimit).ShouldBe((1_500_000_000, 1L << 28, 1L << 28, 64));
        host.DeviceRequests!.ShouldHaveSingleItem().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("10001", 0, "Socket", null)]
    [InlineData("app", 0, "Bridge", null)]
    [InlineData("", 0, "Socket", "65532:65532")]
    [InlineData("root", 0, "Bridge", "65532:65532")]
    [InlineData("0:0", 1000, "Bridge", "65532:65532")]
    [InlineData("10001", 1000, "Socket", "1000:1001")]
    public void Map_User_IsNeverRootAndLetsUsIn(string image, uint ours, string reach, string? expected)
    {
        var plan = Plan(Enum.Parse<Reach>(reach)) with { ImageConfig = new ImageConfig { User = image }, Surroundings = Native with { Identity = (ours, ours + 1) } };
        CreateRequestMapper.Map(plan).User.ShouldBe(expected);
    }

    [Fact]
    public void Map_Socket_IsInAFolderOfItsOwn()
    {
        var request = CreateRequestMapper.Map(Plan());
        request.HostConfig!.Mounts!.ShouldHaveSingleItem().ShouldBe(new Mount { Type = "bind", Source = "/work/s/ab12cd", Target = "/run/orchestrator" });
        request.Env.ShouldNotBeNull().ShouldContain("ORCHESTRATOR_SOCKET=/run/orchestrator/s");
        request.Labels![ContainerLabels.Address].ShouldBe("/work/s/ab12cd/s");
    }

    [Fact]
    public void Map_Published_IsOnLoopbackOnly()
    {
        var request = CreateRequestMapper.Map(Plan(Reach.Published));
        request.HostConfig!.PortBindings!["8080/tcp"].ShouldBe([new PortBinding { HostIp = "127.0.0.1", HostPort = "" }]);
        request.Env.ShouldNotBeNull().ShouldContain("ORCHESTRATOR_HOST=0.0.0.0");
        request.Env.ShouldContain("ORCHESTRATOR_PORT=8080");
    }

    [Fact]
    public void Map_Name_IsAnAliasThatNoOtherClusterHas()
    {
        var plan = Plan(Reach.Name) with { Surroundings = Native with { Network = "apps" } };
        var request = CreateRequestMapper.Map(plan);
        request.HostConfig!.NetworkMode.ShouldBe("apps");
        request.NetworkingConfig!.EndpointsConfig["apps"].Aliases.ShouldBe(["replica-ab12cd-01234567"]);
    }

    [Fact]
    public void Map_Environment_SpecCannotChangeTheContract()
    {
        var spec = new ModelVersionSpec { Version = "1", Framework = "noop", Environment = new Dictionary<string, string> { ["MINE"] = "1", ["ORCHESTRATOR_MODEL"] = "other" } };
        var request = CreateRequestMapper.Map(Plan(spec: spec));
        request.Env.ShouldNotBeNull().ShouldContain("MINE=1");
        request.Env.ShouldContain("ORCHESTRATOR_MODEL=m");
    }

    [Fact]
    public void Map_Command_IsFilledIn()
    {
        var plan = Plan(Reach.Bridge, new() { Version = "1", Framework = "custom", Image = "x", Command = ["serve", "--port={port}", "{artefact}", "{model}:{version}"] });
        var request = CreateRequestMapper.Map(plan with { Artefact = new ArtefactDelivery(null, "/artefact/a", false) });
        request.Entrypoint.ShouldBe(["serve"]);
        request.Cmd.ShouldBe(["--port=8080", "/artefact/a", "m:1"]);
    }

    [Fact]
    public void Plan_Name_CanBeReadInTheListOfContainers() => Plan().Name.ShouldBe("c-m-1-ab12cd");
}
