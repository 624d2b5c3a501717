using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class FeaturesNodeReaderTests
{
    private const string Head = """
        models: [{ name: m, version: 1, framework: noop }]
        applications:
          - name: a
            slo: 20ms
            model: m

        """;

    private static ClusterFile Parse(string features, bool? hasStore = null) => ClusterFileReader.Parse(
        Head + features, "f.yaml", "/base", _ => null, new ValidationContext { Frameworks = ["noop"], FindArtefactProblem = _ => null, HasFeatureStore = hasStore });

    private static string[] Errors(string features, bool? hasStore = null) => [.. Parse(features, hasStore).Errors.Select(e => e.ToString())];

    [Fact]
    public void Parse_EveryKey_IsRead()
    {
        var file = Parse("""
                features:
                  budget: 3ms
                  columns: [speed, hour, rating, known]
                  views:
                    - name: drivers
                      entity: driver_id
                      features: [{ name: rating, type: double, default: 4.5 }]
                    - name: routes
                      entity: [from, { name: to, type: int64 }]
                      maxAge: 1h
                      layout: feast
                      project: rides
                      features:
                        - { name: mean_speed, type: float, input: speed }
                        - { name: known, type: bool, default: false }
            """);
        file.Errors.ShouldBeEmpty();
        var features = file.Spec!.Applications[0].Features!;
        features.Budget.ShouldBe(TimeSpan.FromMilliseconds(3));
        features.Columns.ShouldBe(["speed", "hour", "rating", "known"]);
        features.Views.Select(v => (v.Name, v.Layout, v.Project, v.MaxAge)).ShouldBe([("drivers", "native", null, null), ("routes", "feast", "rides", TimeSpan.FromHours(1))]);
        features.Views[0].Entity.ShouldBe([new EntityKeySpec { Name = "driver_id" }]);
        features.Views[1].Entity.ShouldBe([new EntityKeySpec { Name = "from" }, new EntityKeySpec { Name = "to", Type = "int64" }]);
        features.Views[0].Features[0].Default!.Value.GetDouble().ShouldBe(4.5);
        (features.Views[1].Features[0].Name, features.Views[1].Features[0].Input, features.Views[1].Features[0].Default).ShouldBe(("mean_speed", "speed", null));
    }

    [Fact]
    public void Parse_NoFeatures_AreNone() => Parse("").Spec!.Applications[0].Features.ShouldBeNull();

    [Fact]
    public void Parse_ManyMistakes_ReportsAllWithTheirPlaces() => Errors("""
                features:
                  budget: 20ms
                  columns: [x, x]
                  views:
                    - name: a view
                      entity: { name: id, type: double }
                      layout: fest
                      maxAge: 0s
                      features:
                        - { name: x, type: int, default: 1 }
                        - { name: y, type: int64, default: 1.5 }
                        - { name: _at, type: int64 }
                        - { type: int64, name: x }
                    - { name: b, features: [] , project: p }
                    - { name: c, layout: feast, entity: id, features: [{ name: q, type: bool, default: 1, inptu: z }] }
            """).ShouldBe(
    [
        "f.yaml:7:15: applications[0].features.budget: 20ms is out of range; expected at least 100us and less than the application's latency, such as a quarter of it.",
        "f.yaml:8:20: applications[0].features.columns[1]: column 'x' is given twice, first at applications[0].features.columns[0]; expected each once.",
        "f.yaml:10:17: applications[0].features.views[0].name: 'a view' holds ' '; expected 1 to 63 letters, digits, '-', '_' and '.', beginning with a letter or digit.",
        "f.yaml:11:37: applications[0].features.views[0].entity.type: unknown type of a key 'double'; expected one of string, int64, int32.",
        "f.yaml:12:19: applications[0].features.views[0].layout: unknown layout 'fest' (did you mean 'feast'?); expected one of native, feast.",
        "f.yaml:13:19: applications[0].features.views[0].maxAge: is out of range; expected more than 0 and at most 87600h.",
        "f.yaml:15:32: applications[0].features.views[0].features[0].type: unknown type 'int'; expected one of bool, int32, int64, float, double, string.",
        "f.yaml:16:23: applications[0].features.views[0].features[1].name: 'y' is no column; expected one of x, x.",
        "f.yaml:16:48: applications[0].features.views[0].features[1].default: 1.5 does not fit; expected a whole number of 64 bits (int64).",
        "f.yaml:17:23: applications[0].features.views[0].features[2].name: '_at' is where a record says when it was true; expected another name.",
        "f.yaml:17:23: applications[0].features.views[0].features[2].name: '_at' is no column; expected one of x, x.",
        "f.yaml:18:36: applications[0].features.views[0].features[3].name: feature 'x' is given twice, first at applications[0].features.views[0].features[0].name; expected each once.",
        "f.yaml:18:36: applications[0].features.views[0].features[3].name: input 'x' is given twice, first at applications[0].features.views[0].features[0].name; expected each once.",
        "f.yaml:19:11: applications[0].features.views[1].entity: is missing; expected the name of the key that a record is found by, such as user_id.",
        "f.yaml:19:32: applications[0].features.views[1].features: holds 0 features; expected 1 to 4096.",
        "f.yaml:19:46: applications[0].features.views[1].project: has a meaning with layout: feast alone; remove it.",
        "f.yaml:20:11: applications[0].features.views[2].project: is missing; expected the project of the Feast repository, which is part of every key.",
        "f.yaml:20:45: applications[0].features.views[2].entity.type: key 'id' is double in another view of this application and string here; expected one type.",
        "f.yaml:20:68: applications[0].features.views[2].features[0].name: 'q' is no column; expected one of x, x.",
        "f.yaml:20:92: applications[0].features.views[2].features[0].default: 1 does not fit; expected true or false.",
        "f.yaml:20:95: applications[0].features.views[2].features[0].inptu: unknown key 'inptu' (did you mean 'input'?).",
    ]);

    [Fact]
    public void Parse_NoStore_IsSaidOnce() => Errors("    features: { views: [{ name: v, entity: id, features: [{ name: x, type: double }] }] }", hasStore: false).ShouldBe(
        ["f.yaml:6:15: applications[0].features: features are looked up in Redis, and this orchestrator has none; start it with --redis HOST:PORT, or with redis: in the file given to orch up."]);

    [Fact]
    public void Parse_OneViewInTwoApplications_MustAgree() => Errors("""
                features: { views: [{ name: v, entity: id, features: [{ name: x, type: double }, { name: y, type: int64 }] }] }
              - name: b
                slo: 20ms
                model: m
                features: { views: [{ name: v, entity: id, features: [{ name: y, type: double }] }] }
              - name: c
                slo: 20ms
                model: m
                features: { views: [{ name: v, entity: id, features: [{ name: z, type: double }] }, { name: w, entity: { name: id, type: int32 }, features: [{ name: y, type: bool }] }] }
            """).ShouldBe(
    [
        "f.yaml:10:25: applications[1].features.views[0]: view 'v' reads the same records as applications[0].features.views[0], but feature 'y' is int64 there and double here; expected the same keys and types, or another name.",
        "f.yaml:14:126: applications[2].features.views[1].entity.type: key 'id' is string in another view of this application and int32 here; expected one type.",
    ]);
}
