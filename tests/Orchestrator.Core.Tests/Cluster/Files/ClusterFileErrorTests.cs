using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class ClusterFileErrorTests
{
    private static readonly ValidationContext Anything = new() { Frameworks = ["sklearn", "onnx", "noop", "custom"], FindArtefactProblem = _ => null };

    private static ClusterFile Parse(string text, params (string Name, string Value)[] environment) => ClusterFileReader.Parse(
        text, "f.yaml", "/base", name => environment.FirstOrDefault(e => e.Name == name).Value, Anything);

    private static string[] Errors(string text)
    {
        var file = Parse(text);
        file.Spec.ShouldBeNull();
        return [.. file.Errors.Select(e => e.ToString())];
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
        "f.yaml:2:1: modles: unknown key 'modles' (did you mean 'models'?).",
        "f.yaml:4:5: models[0].current: is missing; with several versions say which one answers: 1, 1.",
        "f.yaml:7:20: models[0].versions[0].framework: unknown framework 'sklaern' (did you mean 'sklearn'?); expected one of sklearn, onnx, noop, custom.",
        "f.yaml:9:19: models[0].versions[0].replicas: expected a whole number, found 'two'.",
        "f.yaml:10:22: models[0].versions[0].concurrency: 0 is out of range; expected 1 to 64.",
        "f.yaml:11:9: models[0].versions[0].batchng: unknown key 'batchng' (did you mean 'batching'?).",
        "f.yaml:12:29: models[0].versions[0].batching.policy: unknown batching policy 'amid' (did you mean 'aimd'?); expected one of none, fixed, aimd, quantile, deferred.",
        "f.yaml:12:44: models[0].versions[0].batching.maxSize: expected a whole number, found '1.5'.",
        "f.yaml:12:56: models[0].versions[0].batching.delay: expected a duration such as 250us, 20ms, 1.5s, 10min or 2h, found '5'.",
        "f.yaml:13:16: models[0].versions[0].cache: expected a mapping with the keys enabled, ttl, staleFor, shared, singleFlight, found 'yes'.",
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
    [InlineData("", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications.")]
    [InlineData("# only a comment\n", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications.")]
    [InlineData("---\n", "f.yaml:1:1: is empty; expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications.")]
    [InlineData("- a\n- b\n", "f.yaml:1:1: expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications, found a list.")]
    [InlineData("hello", "f.yaml:1:1: expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications, found 'hello'.")]
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

        ClusterFileReader.Read(path, Anything).Errors.ShouldHaveSingleItem().ToString().ShouldBe($"{path}:1:1: no such file; expected a cluster file in YAML.");
        ClusterFileReader.Read(Path.GetTempPath(), Anything).Errors.ShouldHaveSingleItem().Message.ShouldBe("is a folder; expected a cluster file in YAML.");
    }
}
