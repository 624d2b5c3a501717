using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class ClusterFileReaderTests
{
    private static readonly ValidationContext Anything = new() { Frameworks = ["sklearn", "onnx", "noop", "custom"], FindArtefactProblem = _ => null };

    private static ClusterFile Parse(string text, params (string Name, string Value)[] environment) => ClusterFileReader.Parse(
        text, "f.yaml", "/base", name => environment.FirstOrDefault(e => e.Name == name).Value, Anything);

    private static ClusterSpec Spec(string text, params (string Name, string Value)[] environment)
    {
        var file = Parse(text, environment);
        file.Errors.ShouldBeEmpty();
        return file.Spec.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("../venv", "/venv")]
    [InlineData("python3", "python3")]
    public void Parse_Interpreter_IsAPathOrTheNameOfAProgram(string written, string read) =>
        Spec($"models: [{{ name: m, version: 1, framework: noop, interpreter: {written} }}]").Models[0].Versions[0].Interpreter.ShouldBe(read);

    [Fact]
    public void Parse_InterpreterThatLiesBesideTheFile_IsThatAndNoProgramOfThePath()
    {
        var folder = Directory.CreateTempSubdirectory("orch-core-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "venv"));
        var file = ClusterFileReader.Parse("models: [{ name: m, version: 1, framework: noop, interpreter: venv }]", "f.yaml", folder, _ => null, Anything);
        file.Spec!.Models[0].Versions[0].Interpreter.ShouldBe(Path.Combine(folder, "venv"));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Parse_EveryKey_IsRead()
    {
        var spec = Spec("""
            cluster: c
            runtime: docker
            onShutdown: leave
            models:
              - name: digits
                current: 2
                timeout: 3s
                versions:
                  - version: 1.10
                    framework: sklearn
                    path: models/a.joblib
                    options: { method: predict, n: 1, f: 1.50, list: [a, 2, true, null, "3"], map: { x: -0x1F } }
                    replicas: 2
                    concurrency: 3
                    threads: 4
                    image: registry:5000/digits:1
                    resources: { cpus: 1.5, memory: 3GiB, pids: 200, gpus: 1 }
                    environment: { KEY: 010, EMPTY: }
                    startupTimeout: 5s
                    queueCapacity: 6
                    idempotent: false
                    standby: true
                    batching: { policy: fixed, maxSize: 7, maxBytes: 8MiB, delay: 9ms }
                    cache: { enabled: false, ttl: 10min }
                  - { version: 2, framework: custom, command: [run, --port, 80], image: mine, cache: { singleFlight: true } }
            applications:
              - name: ab
                slo: { latency: 50ms, percentile: 99.9 }
                defaultOutput: { a: [1] }
                selection:
                  policy: weighted
                  targets:
                    - { model: digits, version: 1.10, weight: 0.5 }
                    - { model: digits, version: "2" }
            """);
        (spec.Name, spec.Runtime, spec.OnShutdown).ShouldBe(("c", "docker", "leave"));
        var model = spec.Models.ShouldHaveSingleItem();
        (model.Name, model.CurrentVersion, model.Timeout).ShouldBe(("digits", "2", TimeSpan.FromSeconds(3)));
        var one = model.Versions[0];
        (one.Version, one.Framework, one.Artefact!.Path, one.Image).ShouldBe(("1.10", "sklearn", "/base/models/a.joblib", "registry:5000/digits:1"));
        one.Resources.ShouldBe(new ResourcesSpec { Cpus = 1.5, Memory = 3L << 30, Pids = 200, Gpus = 1 });
        one.Options.ToDictionary(o => o.Key, o => o.Value.GetRawText()).ShouldBe(new Dictionary<string, string>
        {
            ["method"] = "\"predict\"", ["n"] = "1", ["f"] = "1.50", ["list"] = "[\"a\",2,true,null,\"3\"]", ["map"] = "{\"x\":\"-0x1F\"}",
        });
        (one.Replicas, one.Concurrency, one.Threads, one.QueueCapacity, one.Idempotent, one.Standby).ShouldBe((2, 3, 4, 6, false, true));
        one.Environment.ShouldBe(new Dictionary<string, string> { ["KEY"] = "010", ["EMPTY"] = "" });
        one.StartupTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        one.Batching.ShouldBe(new BatchingSpec { Policy = "fixed", MaxSize = 7, MaxBytes = 8 << 20, Delay = TimeSpan.FromMilliseconds(9) });
        one.Cache.ShouldBe(new CacheSpec { Enabled = false, Ttl = TimeSpan.FromMinutes(10) });
        model.Versions[1].Command.ShouldBe(["run", "--port", "80"]);
        model.Versions[1].Cache.ShouldBe(new CacheSpec { SingleFlight = true });
        model.Versions[1].Image.ShouldBe("mine");
        var application = spec.Applications.ShouldHaveSingleItem();
        application.Slo.ShouldBe(new SloSpec { Latency = TimeSpan.FromMilliseconds(50), Percentile = 99.9 });
        application.DefaultOutput!.Value.GetRawText().ShouldBe("""{"a":[1]}""");
        application.Selection.Targets.ShouldBe([new SelectionTarget { Model = "digits", Version = "1.10", Weight = 0.5 }, new SelectionTarget { Model = "digits", Version = "2" }]);
    }

    [Fact]
    public void Parse_ShortForms_EqualTheLongOnes()
    {
        var brief = Spec("""
            models: [{ name: m, version: 1, framework: sklearn, path: a, replicas: 2 }]
            applications: [{ name: a, slo: 20ms, model: m }]
            """);
        var full = Spec("""
            models:
              - name: m
                current: "1"
                versions: [{ version: "1", framework: sklearn, path: /base/a, replicas: 2 }]
            applications:
              - name: a
                slo: { latency: 20ms }
                selection: { policy: single, targets: [{ model: m }] }
            """);
        SpecComparer.Equal(brief, full).ShouldBeTrue();
    }

    [Theory]
    [InlineData("-1", "-1")]
    [InlineData("\"-1\"", "\"-1\"")]
    [InlineData("'x'", "\"x\"")]
    [InlineData("text", "\"text\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("true", "true")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("1.0", "1.0")]
    [InlineData("1.", "1.0")]
    [InlineData("+.5", "0.5")]
    [InlineData("1e3", "1e3")]
    [InlineData("007", "7")]
    [InlineData("+7", "7")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("12345678901234567890123", "12345678901234567890123")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("2026-11-22", "\"2026-11-22\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("[1, [2, {a: b}]]", """[1,[2,{"a":"b"}]]""")]
    public void Parse_DefaultOutput_FollowsYaml12(string yaml, string json) =>
        Spec($"models: [{{ name: m, version: 1, framework: noop }}]\napplications:\n  - name: a\n    slo: 1s\n    model: m\n    defaultOutput: {yaml}\n")
            .Applications[0].DefaultOutput!.Value.GetRawText().ShouldBe(json);

    [Fact]
    public void Parse_EnvironmentVariables_AreReplacedInText()
    {
        var spec = Spec(
            """
            cluster: ${NAME}
            models:
              - name: m-${NAME}-${MISSING:-x}${EMPTY:-y}
                version: 1
                framework: noop
                replicas: ${REPLICAS:-3}
                path: ${ROOT}/a
                environment: { A: "$${NAME}", B: "${EMPTY}", C: "$NAME $$ {", D: "${MISSING:-}" }
                options:
                  n: ${REPLICAS:-3}
                  s: "${REPLICAS:-3}"
            """,
            ("NAME", "v"), ("EMPTY", ""), ("ROOT", "/root"));
        spec.Name.ShouldBe("v");
        var version = spec.Models[0].Versions[0];
        spec.Models[0].Name.ShouldBe("m-v-xy");
        version.Replicas.ShouldBe(3);
        version.Artefact!.Path.ShouldBe("/root/a");
        version.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "${NAME}", ["B"] = "", ["C"] = "$NAME $$ {", ["D"] = "" });
        version.Options["n"].GetRawText().ShouldBe("3");
        version.Options["s"].GetRawText().ShouldBe("\"3\"");
    }

    [Fact]
    public void Parse_Aliases_StandForWhatTheyName()
    {
        var spec = Spec("""
            models:
              - { name: a, version: 1, framework: noop, batching: &b { policy: none } }
              - { name: b, version: 1, framework: noop, batching: *b }
            """);
        spec.Models[1].Versions[0].Batching.Policy.ShouldBe("none");
    }

    [Fact]
    public void Locate_ErrorOfTheServer_PointsIntoTheFile()
    {
        var file = Parse("models: [{ name: m, version: 1, framework: noop }]\napplications:\n  - { name: a, slo: 20ms, model: m }\n");
        file.Locate(new SpecError("models[0].versions[0].framework", "no")).ToString().ShouldBe("f.yaml:1:44: models[0].framework: no");
        file.Locate(new SpecError("models[0].versions[0].batching.policy", "no")).ToString().ShouldBe("f.yaml:1:10: models[0].batching.policy: no");
        file.Locate(new SpecError("applications[0].selection.targets[0].model", "no")).ToString().ShouldBe("f.yaml:3:34: applications[0].model: no");
        file.Locate(new SpecError("applications[0].slo.latency", "no")).ToString().ShouldBe("f.yaml:3:21: applications[0].slo: no");
        file.Locate(new SpecError("", "no")).ToString().ShouldBe("f.yaml:1:1: no");
    }
}
