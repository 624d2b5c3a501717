using System.Net;
using System.Text.Json;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The sample with features: real orchestrator, container and Redis. Times are stretched, for what is looked at is what is answered and not how fast.</summary>
public sealed class FeaturesTests
{
    private const string Known = """{"entity": {"person_id": 1001}, "input": {"ticket": "pass"}}""";
    private const string WithCity = """{"entity": {"person_id": 1001}, "input": {"ticket": "pass", "city": "Oslo"}}""";

    private static async Task<ClusterFile> SampleAsync()
    {
        var file = await ClusterFile.OfSampleAsync("features", Runtimes.Process);
        var text = await File.ReadAllTextAsync(file.Path);
        text.ShouldContain("slo: 100ms");
        text.ShouldContain("budget: 20ms");
        await File.WriteAllTextAsync(file.Path, text.Replace("slo: 100ms", "slo: 30s", StringComparison.Ordinal).Replace("budget: 20ms", "budget: 10s", StringComparison.Ordinal));
        return file;
    }

    private static async Task<JsonElement> ShouldAnswerAsync(Cluster cluster, string body)
    {
        var (status, answer) = await cluster.PostAsync("/people/predict", body);
        status.ShouldBe(HttpStatusCode.OK, answer.ToString());
        return answer.GetProperty("outputs");
    }

    private static async Task ShouldFailAsync(Cluster cluster, string body, HttpStatusCode expected, string cause)
    {
        var (status, answer) = await cluster.PostAsync("/people/predict", body);
        status.ShouldBe(expected, answer.ToString());
        answer.GetProperty("cause").GetString()!.ShouldContain(cause);
    }

    [Fact]
    public async Task Loaded_IsJoined_AndWhatIsNotThereIsSaid()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var file = await SampleAsync();
        await using var cluster = await Cluster.StartAsync(file.Path, more: ["--redis", redis.Endpoint]);
        var load = await cluster.OrchAsync("features", "load", Repository.Sample("features", "people.csv"), "--view", "people");
        load.ShouldSucceed();
        load.Output.ShouldContain("4 records loaded");
        (await cluster.OrchAsync("features", "show", "people", "1004")).Output.ShouldContain("default; nothing is stored");

        var joined = await ShouldAnswerAsync(cluster, Known);
        JsonElement.DeepEquals(joined, await ShouldAnswerAsync(cluster, """{"input": {"age": 41, "income": 52000, "city": "Berlin", "ticket": "pass"}}""")).ShouldBeTrue("it is the same question");
        (await ShouldAnswerAsync(cluster, WithCity)).ToString().ShouldNotBe(joined.ToString());

        await ShouldFailAsync(cluster, """{"entity": {"person_id": 77}, "input": {"ticket": "pass"}}""", HttpStatusCode.FailedDependency, "view 'people' has nothing for person_id=77");
        await ShouldFailAsync(cluster, """{"entity": {"person_id": "ann"}, "input": {"ticket": "pass"}}""", HttpStatusCode.BadRequest, "expected a whole number of 64 bits (int64)");
        await ShouldFailAsync(cluster, """{"entity": {"person": 1001}, "input": {"ticket": "pass"}}""", HttpStatusCode.BadRequest, "nothing is looked up by");
        await redis.AskAsync("HSET orchestrator:features:people:1002 city \"\\xff\"");
        await ShouldFailAsync(cluster, """{"entity": {"person_id": 1002}, "input": {"ticket": "pass"}}""", HttpStatusCode.FailedDependency, "'city' of person_id=1002 in view 'people' is not of its type");

        var bad = Path.Combine(file.Folder, "bad.jsonl");
        await File.WriteAllTextAsync(bad, "{\"person_id\": 1, \"age\": \"old\"}\n{\"person_id\": 2, \"age\": 30, \"city\": \"Oslo\"}\n");
        var partly = await cluster.OrchAsync("features", "load", bad, "--view", "people");
        partly.ExitCode.ShouldBe(1);
        partly.Error.ShouldContain("bad.jsonl:1: 'age': \"old\"; expected a number, such as 0.5 (double)");
        await ShouldAnswerAsync(cluster, """{"entity": {"person_id": 2}, "input": {"ticket": "pass"}}""");
        (await cluster.Http.GetStringAsync($"{cluster.Admin}/metrics")).ShouldContain("orchestrator_feature_lookups_total{application=\"people\",result=\"found\",view=\"people\"}");
    }

    [Fact]
    public async Task RedisHungKilledAndBack_DefaultsStandInMeanwhile()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var file = await SampleAsync();
        await using var cluster = await Cluster.StartAsync(file.Path, more: ["--redis", redis.Endpoint, "--registry", "disk"]);
        (await cluster.OrchAsync("features", "load", Repository.Sample("features", "people.csv"), "--view", "people")).ShouldSucceed();
        var known = await ShouldAnswerAsync(cluster, Known);
        redis.Hang();
        await ShouldFailAsync(cluster, Known, HttpStatusCode.ServiceUnavailable, "Feature 'city' has no value and no default: view 'people', person_id=1001: ");
        JsonElement.DeepEquals(
            await ShouldAnswerAsync(cluster, WithCity), await ShouldAnswerAsync(cluster, """{"input": {"age": 40, "income": 30000, "city": "Oslo", "ticket": "pass"}}""")).ShouldBeTrue("age and income are their defaults");
        redis.Resume();
        await cluster.WaitAsync(async () => (await cluster.PostAsync("/people/predict", Known)).Status == HttpStatusCode.OK, "the store is found again");
        await redis.KillAsync();
        await cluster.WaitAsync(async () => (await cluster.PostAsync("/people/predict", Known)).Status == HttpStatusCode.ServiceUnavailable, "it is known to be gone");
        await ShouldAnswerAsync(cluster, WithCity);
        (await cluster.OrchAsync("features", "load", Repository.Sample("features", "people.csv"), "--view", "people")).ExitCode.ShouldBe(1);
        await redis.StartAgainAsync();
        await cluster.WaitAsync(async () => (await cluster.OrchAsync("features", "load", Repository.Sample("features", "people.csv"), "--view", "people")).ExitCode == 0, "it is filled again");
        await cluster.WaitAsync(async () => (await cluster.PostAsync("/people/predict", Known)).Status == HttpStatusCode.OK, "it is read again");
        JsonElement.DeepEquals(await ShouldAnswerAsync(cluster, Known), known).ShouldBeTrue();
    }

    [Fact]
    public async Task WithoutRedis_TheFileIsRefusedWithWhatToDo()
    {
        await using var file = await SampleAsync();
        await using var cluster = await Cluster.StartAsync();
        var apply = await cluster.OrchAsync("apply", "-f", file.Path);
        apply.ExitCode.ShouldBe(2);
        apply.Error.ShouldContain("features are looked up in Redis, and this orchestrator has none; start it with --redis HOST:PORT");
    }
}
