using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Images.Tests;

/// <summary>docker-compose.frontends.yml: several frontends on the replicas of one engine, behind the gateway.</summary>
public sealed class ComposeFrontendsTests(DockerEngine engine)
{
    private const int Callers = 4;
    private const int Before = 200;
    private const int After = 500;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(2);
    private readonly List<string> _wrong = [];
    private int _answered;
    private volatile bool _enough;

    [Fact]
    public async Task FrontendIsKilledUnderLoad_EveryRequestIsAnsweredRight()
    {
        await using var compose = await ComposeCluster.UpFrontendsAsync(engine);
        await ApplyAsync(compose);
        var load = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => AskAsync(compose, caller)));
        try
        {
            await AnsweredAsync(Before);
            (await compose.ComposeAsync("kill", "-s", "KILL", "frontend-a")).ShouldSucceed();
            await AnsweredAsync(Volatile.Read(ref _answered) + After);
        }
        finally
        {
            _enough = true;
        }

        await load;
        _wrong.ShouldBeEmpty();
    }

    private Task AnsweredAsync(int count) =>
        Waiting.UntilAsync(Within, () => Task.FromResult(Volatile.Read(ref _answered) is var so && so >= count ? null : $"{so} of {count} are answered"));

    private static async Task ApplyAsync(ComposeCluster compose)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                file,
                $$"""
                cluster: {{compose.Project}}r
                runtime: docker
                models: [{ name: sums, version: "1", framework: noop, replicas: 2 }]
                applications: [{ name: sums, slo: 20s, defaultOutput: -1, model: sums }]
                """,
                TestContext.Current.CancellationToken);
            (await compose.OrchAsync("apply", "-f", file, "--wait")).ShouldSucceed();
            await Waiting.UntilAsync(Within, async () =>
            {
                using var ready = await compose.Http.GetAsync(new Uri(compose.Query, "v2/health/ready"), TestContext.Current.CancellationToken);
                return ready.IsSuccessStatusCode ? null : await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            });
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>One request after the other, none of which is in a cache.</summary>
    private async Task AskAsync(ComposeCluster compose, int caller)
    {
        for (var value = caller; !_enough && !TestContext.Current.CancellationToken.IsCancellationRequested; value += Callers)
        {
            // Of known length: the gateway repeats no other.
            using var body = new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"input": [{{value}}, 0.5]}"""), Encoding.UTF8, "application/json");
            using var answer = await compose.Http.PostAsync(new Uri(compose.Query, "sums/predict"), body, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (!answer.IsSuccessStatusCode || JsonDocument.Parse(text).RootElement.GetProperty("output").GetDouble() != value + 0.5)
            {
                lock (_wrong)
                {
                    _wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{value}: {(int)answer.StatusCode} {text}"));
                }
            }

            Interlocked.Increment(ref _answered);
        }
    }
}
