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

    private static string[] Errors(string text)
    {
        var file = Parse(text);
        file.Spec.ShouldBeNull();
        return [.. file.Errors.Select(e => e.ToString())];
    }

    [Fact]
    public void Parse_EveryKey_IsRead()
    {
        var spec = Spec("""
            cluster: c
            runtime: docker
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
                    interpreter: ../venv
                    environment: { KEY: 010, EMPTY: }
                    startupTimeout: 5s
                    queueCapacity: 6
                    idempotent: false
                    standby: true
                    batching: { policy: fixed, maxSize: 7, maxBytes: 8MiB, delay: 9ms }
                    cache: { enabled: false, ttl: 10min }
                  - { version: 2, framework: custom, command: [run, --port, 80], interpreter: python3 }
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
        (spec.Name, spec.Runtime).ShouldBe(("c", "docker"));
        var model = spec.Models.ShouldHaveSingleItem();
        (model.Name, model.CurrentVersion, model.Timeout).ShouldBe(("digits", "2", TimeSpan.FromSeconds(3)));
        var one = model.Versions[0];
        (one.Version, one.Framework, one.Artefact!.Path, one.Interpreter).ShouldBe(("1.10", "sklearn", "/base/models/a.joblib", "/venv"));
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
        model.Versions[1].Interpreter.ShouldBe("python3");
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
    public void Parse_ManyMistakes_ReportsAllInOrderWithTheirPlaces() => Errors("""
        cluster: my cluster
        modles: []
        models:
          - name: digits
            versions:
              - version: 1
                framework: sklaern
                path: a
                replicas: two
                concurrency: 0
                batchng: { policy: aimd }
                batching: { policy: amid, maxSize: 1.5, delay: 5 }
                cache: yes
              - version: 1
                framework: sklearn
          - version: 1
            framework: noop
          - just text
        applications:
          - name: admin
            slo: 20
            model: digit
          - name: b
            selection: { policy: single, targets: [{ model: digits, version: 3 }, { model: digits, weight: -1 }] }
        """).ShouldBe(
    [
        "f.yaml:1:10: cluster: 'my cluster' holds ' '; expected 1 to 63 letters, digits, '-', '_' and '.', beginning with a letter or digit.",
        "f.yaml:2:1: modles: unknown key 'modles' (did you mean 'models'?); expected applications, cluster, models, runtime.",
        "f.yaml:4:5: models[0].current: is missing; with several versions say which one answers: 1, 1.",
        "f.yaml:7:20: models[0].versions[0].framework: unknown framework 'sklaern' (did you mean 'sklearn'?); expected one of sklearn, onnx, noop, custom.",
        "f.yaml:9:19: models[0].versions[0].replicas: expected a whole number, found 'two'.",
        "f.yaml:10:22: models[0].versions[0].concurrency: 0 is out of range; expected 1 to 64.",
        "f.yaml:11:9: models[0].versions[0].batchng: unknown key 'batchng' (did you mean 'batching'?); expected batching, cache, command, concurrency, environment, framework, idempotent, interpreter, options, path, queueCapacity, replicas, standby, startupTimeout, threads, version.",
        "f.yaml:12:29: models[0].versions[0].batching.policy: unknown batching policy 'amid' (did you mean 'aimd'?); expected one of none, fixed, aimd, quantile.",
        "f.yaml:12:44: models[0].versions[0].batching.maxSize: expected a whole number, found '1.5'.",
        "f.yaml:12:56: models[0].versions[0].batching.delay: expected a duration such as 250us, 20ms, 1.5s, 10min or 2h, found '5'.",
        "f.yaml:13:16: models[0].versions[0].cache: expected a mapping with the keys enabled, ttl, found 'yes'.",
        "f.yaml:14:9: models[0].versions[1].path: is missing; framework sklearn needs the model's file or folder.",
        "f.yaml:14:18: models[0].versions[1].version: version '1' is given twice, first at models[0].versions[0].version; expected each once.",
        "f.yaml:16:5: models[1].name: is missing; expected the model's name.",
        "f.yaml:18:5: models[2]: expected a mapping that describes a model, found 'just text'.",
        "f.yaml:20:11: applications[0].name: 'admin' is reserved for the server's own paths; choose another name.",
        "f.yaml:21:10: applications[0].slo: expected a duration such as 250us, 20ms, 1.5s, 10min or 2h, found '20'.",
        "f.yaml:22:12: applications[0].model: unknown model 'digit' (did you mean 'digits'?); models are digits.",
        "f.yaml:23:5: applications[1].slo: is missing; expected the latency that answers must meet: a duration such as 250us, 20ms, 1.5s, 10min or 2h.",
        "f.yaml:24:43: applications[1].selection.targets: policy single takes exactly one model and 2 are given; remove the others, or use policy weighted.",
        "f.yaml:24:70: applications[1].selection.targets[0].version: model digits has no version '3'; its versions are 1, 1.",
        "f.yaml:24:100: applications[1].selection.targets[1].weight: -1 is no weight; expected a number of at least 0.",
    ]);

    [Theory]
    [InlineData("", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, models, applications.")]
    [InlineData("# only a comment\n", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, models, applications.")]
    [InlineData("---\n", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, models, applications.")]
    [InlineData("- a\n- b\n", "f.yaml:1:1: expected a mapping with the keys cluster, runtime, models, applications, found a list.")]
    [InlineData("hello", "f.yaml:1:1: expected a mapping with the keys cluster, runtime, models, applications, found 'hello'.")]
    [InlineData("cluster: a\n---\ncluster: b\n", "f.yaml:2:1: a second document begins here; expected one document per file.")]
    [InlineData("cluster: a\ncluster: b\n", "f.yaml:2:1: key 'cluster' is given twice, first in line 1; expected each key once.")]
    [InlineData("models:\n\t- name: a\n", "f.yaml:2:1: the line is indented with a tab, which YAML does not allow; use spaces.")]
    [InlineData("cluster: *a\n", "f.yaml:1:10: *a names no anchor; expected &a at a value above.")]
    [InlineData("[a]: b\n", "f.yaml:1:1: a list cannot be a key; expected text.")]
    [InlineData("cluster: ${NOPE}\n", "f.yaml:1:10: cluster: environment variable NOPE is not set; set it, or write ${NOPE:-default}.")]
    [InlineData("cluster: ${NO PE}\n", "f.yaml:1:10: cluster: ${NO PE} is no reference to an environment variable; expected ${NAME} or ${NAME:-default}, or $${ for the characters themselves.")]
    [InlineData("cluster: ${NOPE\n", "f.yaml:1:10: cluster: has ${ without }; expected ${NAME} or ${NAME:-default}, or $${ for the characters themselves.")]
    [InlineData("cluster:\n", "f.yaml:1:9: cluster: expected text, found nothing.")]
    [InlineData("models: {}\n", "f.yaml:1:9: models: expected a list of models, found a mapping.")]
    [InlineData("models: [{ name: m }]\n", "f.yaml:1:10: models[0].versions: is missing; expected a list of versions, or version, framework and path of the only one.")]
    [InlineData("models: [{ name: m, version: 1, framework: noop, versions: [{ version: 1, framework: noop }] }]\n", "f.yaml:1:60: models[0].versions: is given beside version or framework; expected one of them: the list, or the only version inline.")]
    [InlineData("models: [{ name: m, version: 1, framework: noop, options: { a: .inf } }]\n", "f.yaml:1:64: models[0].options.a: .inf has no JSON form; expected a finite number, or quotes around text.")]
    [InlineData("models: [{ name: m, version: 1, framework: noop, environment: [a] }]\n", "f.yaml:1:63: models[0].environment: expected a mapping of variables to text, found a list.")]
    [InlineData("models: [{ name: m, version: 1, framework: noop, environment: { ORCHESTRATOR_PORT: 1 } }]\n", "f.yaml:1:84: models[0].environment.ORCHESTRATOR_PORT: variables that begin with ORCHESTRATOR_ are set by the orchestrator; use options, threads or concurrency instead.")]
    [InlineData("cluster: !mine a\n", "f.yaml:1:10: the tag !mine means nothing here; remove it.")]
    public void Parse_OneMistake_IsTheOnlyError(string yaml, string error) => Errors(yaml).ShouldBe([error]);

    [Theory]
    [InlineData("cluster: \"a\nmodels")]
    [InlineData("cluster: [a")]
    [InlineData("cluster: a: b")]
    [InlineData("%YAML 9.9\n---\na")]
    [InlineData("cluster: a\n  models: b")]
    [InlineData("\0")]
    [InlineData("<<: *x")]
    public void Parse_NoYaml_IsAnErrorWithAPlace(string yaml)
    {
        var error = Parse(yaml).Errors[0];
        error.Line.ShouldNotBeNull().ShouldBeGreaterThan(0);
        error.Column.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Parse_AliasesOfAliases_AreBounded()
    {
        var bomb = "models: [&a0 [x,x,x,x,x,x,x,x,x,x]" + string.Concat(Enumerable.Range(1, 30).Select(i => $", &a{i} [" + string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10)) + "]")) + "]";
        Errors(bomb).ShouldHaveSingleItem().ShouldContain("stands for more than");
    }

    [Fact]
    public void Parse_NestedDeeply_IsBounded() =>
        Errors("models: " + new string('[', 100_000)).ShouldHaveSingleItem().ShouldContain("nested deeper");

    [Fact]
    public void Read_MissingFileOrNotUtf8_IsAnError()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [0x61, 0xff]);
            ClusterFileReader.Read(path, Anything).Errors.ShouldHaveSingleItem().Message.ShouldContain("not UTF-8 (byte 1)");
        }
        finally
        {
            File.Delete(path);
        }

        ClusterFileReader.Read(path, Anything).Errors.ShouldHaveSingleItem().ToString().ShouldBe($"{path}:1:1: no such file.");
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
