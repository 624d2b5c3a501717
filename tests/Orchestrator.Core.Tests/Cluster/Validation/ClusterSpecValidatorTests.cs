using System.Text.Json;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Tests.Cluster.Validation;

public sealed class ClusterSpecValidatorTests
{
    private static readonly ValidationContext Context = new() { Frameworks = ["sklearn", "noop", "custom"], FindArtefactProblem = _ => null };

    private static readonly ModelVersionSpec Version = new() { Version = "1", Framework = "noop" };

    private static ClusterSpec With(ModelVersionSpec version) => With(new ModelSpec { Name = "m", CurrentVersion = version.Version, Versions = [version] });

    private static ClusterSpec With(params ModelSpec[] models) => new() { Models = models };

    private static ClusterSpec UnderDocker(ModelVersionSpec version) => With(version) with { Runtime = "docker" };

    private static ModelSpec Model(string name = "m") => new() { Name = name, CurrentVersion = "1", Versions = [Version] };

    private static ApplicationSpec Application(params SelectionTarget[] targets) => new()
    {
        Name = "a",
        Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) },
        Selection = new SelectionSpec { Targets = targets, Policy = targets.Length == 1 ? "single" : "weighted" },
    };

    private static SelectionTarget Target(string model = "m", string? version = null, double weight = 1) => new() { Model = model, Version = version, Weight = weight };

    private static ClusterSpec With(ApplicationSpec application) => With(Model()) with { Applications = [application] };

    private static JsonElement Json(string json) => JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200 }).RootElement;

    public static TheoryData<string, ClusterSpec> Mistakes => new()
    {
        { "name", new ClusterSpec { Name = "-x" } },
        { "name", new ClusterSpec { Name = "" } },
        { "name", new ClusterSpec { Name = new string('a', 64) } },
        { "name", new ClusterSpec { Name = "ä" } },
        { "name", new ClusterSpec { Name = "a/b" } },
        { "name", new ClusterSpec { Name = "a:b" } },
        { "runtime", new ClusterSpec { Runtime = "dokcer" } },
        { "onShutdown", new ClusterSpec { Runtime = "docker", OnShutdown = "go" } },
        { "onShutdown", new ClusterSpec { Runtime = "process", OnShutdown = "leave" } },
        { "models[0].versions[0].image", With(Version with { Image = "m:1" }) },
        { "models[0].versions[0].resources", With(Version with { Resources = new ResourcesSpec { Cpus = 1 } }) },
        { "models[0].versions[0].image", UnderDocker(Version with { Image = "two words" }) },
        { "models[0].versions[0].image", UnderDocker(Version with { Framework = "custom", Command = ["x"] }) },
        { "models[0].versions[0].interpreter", UnderDocker(Version with { Interpreter = "python3" }) },
        { "models[0].versions[0].resources.cpus", UnderDocker(Version with { Resources = new ResourcesSpec { Cpus = double.NaN } }) },
        { "models[0].versions[0].resources.cpus", UnderDocker(Version with { Resources = new ResourcesSpec { Cpus = 0 } }) },
        { "models[0].versions[0].resources.memory", UnderDocker(Version with { Resources = new ResourcesSpec { Memory = 1024 } }) },
        { "models[0].versions[0].resources.pids", UnderDocker(Version with { Resources = new ResourcesSpec { Pids = 1 } }) },
        { "models[0].versions[0].resources.gpus", UnderDocker(Version with { Resources = new ResourcesSpec { Gpus = 0 } }) },
        { "models[1].name", With(Model(), Model()) },
        { "models[0].name", With(Model("..")) },
        { "models[0].timeout", With(Model() with { Timeout = TimeSpan.Zero }) },
        { "models[0].timeout", With(Model() with { Timeout = TimeSpan.FromHours(2) }) },
        { "models[0].versions", With(Model() with { Versions = [] }) },
        { "models[0].versions[1].version", With(Model() with { Versions = [Version, Version] }) },
        { "models[0].currentVersion", With(Model() with { CurrentVersion = "2" }) },
        { "models[0].currentVersion", With(Model() with { CurrentVersion = "" }) },
        { "models[0].versions[0].framework", With(Version with { Framework = "nop" }) },
        { "models[0].versions[0].framework", With(Version with { Framework = "" }) },
        { "models[0].versions[0].artefact", With(Version with { Framework = "sklearn" }) },
        { "models[0].versions[0].command", With(Version with { Framework = "custom" }) },
        { "models[0].versions[0].command", With(Version with { Command = ["x"] }) },
        { "models[0].versions[0].command[0]", With(Version with { Framework = "custom", Command = ["a\0"] }) },
        { "models[0].versions[0].command[1]", With(Version with { Framework = "custom", Command = ["a", null!] }) },
        { "models[0].versions[0].interpreter", With(Version with { Interpreter = "" }) },
        { "models[0].versions[0].environment.A=B", With(Version with { Environment = new Dictionary<string, string> { ["A=B"] = "" } }) },
        { "models[0].versions[0].environment.", With(Version with { Environment = new Dictionary<string, string> { [""] = "" } }) },
        { "models[0].versions[0].environment.A", With(Version with { Environment = new Dictionary<string, string> { ["A"] = null! } }) },
        { "models[0].versions[0].environment.ORCHESTRATOR_MODEL", With(Version with { Environment = new Dictionary<string, string> { ["ORCHESTRATOR_MODEL"] = "" } }) },
        { "models[0].versions[0].options.x", With(Version with { Options = new Dictionary<string, JsonElement> { ["x"] = Json(new string('[', 33) + new string(']', 33)) } }) },
        { "models[0].versions[0].options.x", With(Version with { Options = new Dictionary<string, JsonElement> { ["x"] = Json("\"\\ud800\"") } }) },
        { "models[0].versions[0].options", With(Version with { Options = new Dictionary<string, JsonElement> { ["x"] = Json($"\"{new string('a', 102_400)}\"") } }) },
        { "models[0].versions[0].replicas", With(Version with { Replicas = -1 }) },
        { "models[0].versions[0].replicas", With(Version with { Replicas = 1001 }) },
        { "models[0].versions[0].concurrency", With(Version with { Concurrency = 0 }) },
        { "models[0].versions[0].concurrency", With(Version with { Concurrency = 65 }) },
        { "models[0].versions[0].threads", With(Version with { Threads = 0 }) },
        { "models[0].versions[0].threads", With(Version with { Threads = 257 }) },
        { "models[0].versions[0].queueCapacity", With(Version with { QueueCapacity = 0 }) },
        { "models[0].versions[0].startupTimeout", With(Version with { StartupTimeout = TimeSpan.Zero }) },
        { "models[0].versions[0].batching.policy", With(Version with { Batching = new BatchingSpec { Policy = "adaptive" } }) },
        { "models[0].versions[0].batching.maxSize", With(Version with { Batching = new BatchingSpec { MaxSize = 0 } }) },
        { "models[0].versions[0].batching.maxBytes", With(Version with { Batching = new BatchingSpec { MaxBytes = 0 } }) },
        { "models[0].versions[0].batching.delay", With(Version with { Batching = new BatchingSpec { Delay = TimeSpan.FromSeconds(-1) } }) },
        { "models[0].versions[0].batching", With(Version with { Batching = null! }) },
        { "models[0].versions[0].cache.ttl", With(Version with { Cache = new CacheSpec { Ttl = TimeSpan.Zero } }) },
        { "models[0].versions[0].cache.singleFlight", With(Version with { Cache = new CacheSpec { SingleFlight = true, Shared = false } }) },
        { "models[0].versions[0].cache.singleFlight", With(Version with { Cache = new CacheSpec { SingleFlight = true, Enabled = false } }) },
        { "models[0].versions[0].cache", With(Version with { Cache = null! }) },
        { "models[0]", With(null!, Model()) },
        { "models[0].versions[1]", With(Model() with { Versions = [Version, null!] }) },
        { "applications[0]", With(Model()) with { Applications = [null!] } },
        { "applications[1].name", With(Model()) with { Applications = [Application(Target()), Application(Target())] } },
        { "applications[0].name", With(Application(Target()) with { Name = "v2" }) },
        { "applications[0].name", With(Application(Target()) with { Name = "Metrics" }) },
        { "applications[0].slo.latency", With(Application(Target()) with { Slo = new SloSpec { Latency = TimeSpan.Zero } }) },
        { "applications[0].slo.latency", With(Application(Target()) with { Slo = new SloSpec { Latency = TimeSpan.FromHours(1.1) } }) },
        { "applications[0].slo.percentile", With(Application(Target()) with { Slo = new SloSpec { Latency = TimeSpan.FromSeconds(1), Percentile = 100 } }) },
        { "applications[0].slo.percentile", With(Application(Target()) with { Slo = new SloSpec { Latency = TimeSpan.FromSeconds(1), Percentile = double.NaN } }) },
        { "applications[0].defaultOutput", With(Application(Target()) with { DefaultOutput = Json("[\"\\ud800\"]") }) },
        { "applications[0].selection.policy", With(Application(Target()) with { Selection = new SelectionSpec { Policy = "best", Targets = [Target()] } }) },
        { "applications[0].selection.targets", With(Application(Target()) with { Selection = new SelectionSpec { Policy = "weighted" } }) },
        { "applications[0].selection.targets", With(Application(Target()) with { Selection = new SelectionSpec { Targets = [Target(), Target(version: "1")] } }) },
        { "applications[0].selection.targets", With(Application(Target(weight: 0))) },
        { "applications[0].selection.targets[1].weight", With(Application(Target(), Target(version: "1", weight: -1) with { Weight = -0.5 })) },
        { "applications[0].selection.targets[1].weight", With(Application(Target(weight: 2), Target(version: "1", weight: double.PositiveInfinity))) },
        { "applications[0].selection.targets[1].model", With(Application(Target(), Target())) },
        { "applications[0].selection.targets[0].model", With(Application(Target("n"))) },
        { "applications[0].selection.targets[0].version", With(Application(Target(version: "2"))) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Validate_OneMistake_IsTheOnlyErrorAtItsPath(string path, ClusterSpec cluster)
    {
        var error = ClusterSpecValidator.Validate(cluster, Context).ShouldHaveSingleItem();
        error.Path.ShouldBe(path);
        error.Message.ShouldEndWith(".");
    }

    public static TheoryData<ClusterSpec> Valid =>
    [
        ClusterSpec.Empty,
        With(Version with { Replicas = 0 }),
        With(Version with { Replicas = 1000, Concurrency = 64, Threads = 256 }),
        With(Version with { Framework = "custom", Command = ["x"] }),
        With(Application(Target())),
        With(Application(Target(weight: 0), Target(version: "1", weight: 0.1))),
        With(Application(Target()) with { DefaultOutput = Json("null") }),
    ];

    [Theory]
    [MemberData(nameof(Valid))]
    public void Validate_Valid_HasNoErrors(ClusterSpec cluster) => ClusterSpecValidator.Validate(cluster, Context).ShouldBeEmpty();

    [Fact]
    public void Validate_ManyMistakes_ReportsEach()
    {
        var cluster = new ClusterSpec { Name = "", Runtime = "x", Models = [Model() with { Timeout = TimeSpan.Zero }], Applications = [Application(Target("n"))] };
        ClusterSpecValidator.Validate(cluster, Context).Select(e => e.Path).ShouldBe(["name", "runtime", "models[0].timeout", "applications[0].selection.targets[0].model"]);
    }

    [Fact]
    public void Validate_LocalFiles_WantsAnExistingPath()
    {
        var context = ValidationContext.ForLocalFiles(["sklearn"]);
        var here = typeof(ClusterSpecValidatorTests).Assembly.Location;
        string? Problem(ArtefactSpec artefact) => ClusterSpecValidator.Validate(With(Version with { Framework = "sklearn", Artefact = artefact }), context).SingleOrDefault()?.ToString();
        Problem(new ArtefactSpec { Path = here }).ShouldBeNull();
        Problem(new ArtefactSpec { Path = Path.GetDirectoryName(here) }).ShouldBeNull();
        Problem(new ArtefactSpec { Path = here + "x" }).ShouldBe($"models[0].versions[0].artefact.path: artefact '{here}x' does not exist; expected the model's file or folder.");
        Problem(new ArtefactSpec()).ShouldNotBeNull();
        Problem(new ArtefactSpec { Digest = "sha256:" + new string('a', 64) }).ShouldBeNull();
        Problem(new ArtefactSpec { Digest = "sha256:" + new string('A', 64) }).ShouldNotBeNull();
    }

    [Fact]
    public void Validate_Server_WantsADigestInItsStore()
    {
        var stored = "sha256:" + new string('a', 64);
        var context = ValidationContext.ForServer(["sklearn"], "process", new OneArtefact(stored));
        string? Problem(ArtefactSpec artefact) => ClusterSpecValidator.Validate(With(Version with { Framework = "sklearn", Artefact = artefact }), context).SingleOrDefault()?.Message;
        Problem(new ArtefactSpec { Digest = stored }).ShouldBeNull();
        Problem(new ArtefactSpec { Path = "/etc/passwd" })!.ShouldContain("no digest");
        Problem(new ArtefactSpec { Digest = stored[..^1] + "b" })!.ShouldContain("not in the store");
        Problem(new ArtefactSpec { Digest = "../x" })!.ShouldContain("expected sha256:");
        ClusterSpecValidator.Validate(new ClusterSpec { Runtime = "docker" }, context).ShouldHaveSingleItem().Path.ShouldBe("runtime");
    }

    [Theory]
    [InlineData("""{"models":null}""")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"modles":[]}""")]
    [InlineData("""{"models":[{"name":"a"}]}""")]
    [InlineData("""{"models":[{"name":"a","currentVersion":"1","timeout":5}]}""")]
    public void CoreJson_WrongBody_IsAJsonException(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(json, CoreJson.Default.ClusterSpec));

    private sealed class OneArtefact(string digest) : IArtefactStore
    {
        public Task<string> PutFileAsync(string fileName, Stream content, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> PutFolderAsync(string folderName, Stream tar, CancellationToken cancellationToken) => throw new NotSupportedException();

        public string? FindPath(string wanted) => wanted == digest ? "/store/a" : null;

        public ArtefactInfo? Describe(string wanted) => null;

        public Task<int> RemoveUnreferencedAsync(IReadOnlySet<string> referenced, DateTimeOffset olderThan, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    [Theory]
    [InlineData("custom", false)]
    [InlineData("sklearn", true)]
    public void Image_UnderDocker_StandsForCommandAndArtefact(string framework, bool withLimits)
    {
        var version = Version with { Framework = framework, Image = "registry:5000/m@sha256:ab", Resources = withLimits ? new ResourcesSpec { Cpus = 0.5, Memory = 1 << 28, Pids = 64, Gpus = 1 } : null };
        ClusterSpecValidator.Validate(UnderDocker(version), Context).ShouldBeEmpty();
    }

    [Fact]
    public void Runtime_NotTheServersOwn_SaysHowBothFit()
    {
        var server = ValidationContext.ForServer(["noop"], "docker", new OneArtefact("x"));
        ClusterSpecValidator.Validate(new ClusterSpec { Runtime = "process" }, server).ShouldHaveSingleItem().Message
            .ShouldBe("this orchestrator runs containers under 'docker', not under 'process'; write runtime: docker, or start the orchestrator with --runtime process.");
    }
}
