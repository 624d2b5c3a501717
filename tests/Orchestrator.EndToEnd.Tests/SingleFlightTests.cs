using System.Globalization;
using System.Net;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A model that declares itself costly, behind three frontends that are processes: what all are asked at once is computed once.</summary>
public sealed class SingleFlightTests(ITestOutputHelper output)
{
    private const int Callers = 500;

    /// <summary>A frontend computes as well when Redis lets it wait for 20 ms, which happens on a busy machine: such a round is no proof, and another one follows.</summary>
    private const int MostRounds = 15;

    [Fact]
    public async Task FiveHundredEqualQuestions_ToThreeFrontends_AreOneCall()
    {
        await using var cluster = await FrontendCluster.StartAsync(FrontendCluster.StartEmptyAsync("options: { baseMs: 2000 }, cache: { singleFlight: true }", slo: "4m"));
        List<double> undisturbed = [];
        for (var round = 1; round <= MostRounds && !undisturbed.Contains(1); round++)
        {
            var counts = await AskTogetherAsync(cluster, round);
            output.WriteLine($"round {round}: {counts}");
            if (counts.LookedUp != Callers)
            {
                // A frontend that its control plane has not heard of for a while looks nothing up.
                continue;
            }

            counts.Rows.ShouldBe(counts.Led + counts.WithoutLease, "every call has a lease, or a failure of Redis as its reason");
            if (counts.WithoutLease == 0)
            {
                undisturbed.Add(counts.Rows);
            }
        }

        // Who stood still for a second lost its lease, and there were two calls; but not in every round.
        (undisturbed.Count == 0 || undisturbed.Contains(1)).ShouldBeTrue($"Redis answered in time, and yet the calls were {string.Join(", ", undisturbed)}");
    }

    private static async Task<Counts> AskTogetherAsync(FrontendCluster cluster, int round)
    {
        var before = await CountAsync(cluster);
        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => AskAsync(cluster.Frontends[i % cluster.Frontends.Length], round)));
        answers.ShouldAllBe(a => a.Status == HttpStatusCode.OK && a.Sum == round + 1);
        return (await CountAsync(cluster)).Since(before);
    }

    private static async Task<(HttpStatusCode Status, double Sum)> AskAsync(Cluster frontend, int round)
    {
        var (status, body) = await frontend.PostAsync("/echo/predict", $$"""{"input": [{{round}}, 1]}""");
        return (status, status == HttpStatusCode.OK ? body.GetProperty("output").GetDouble() : double.NaN);
    }

    private static async Task<Counts> CountAsync(FrontendCluster cluster)
    {
        var texts = await Task.WhenAll(cluster.Frontends.Select(f => f.Http.GetStringAsync($"{f.Admin}/metrics")));
        var lines = texts.SelectMany(text => text.Split('\n')).Where(line => line.Contains("model=\"echo\"", StringComparison.Ordinal)).ToArray();
        return new Counts(
            SumOf(lines, "orchestrator_batch_size_sum{"),
            SumOf(lines, "orchestrator_store_flights_total{", "led"),
            SumOf(lines, "orchestrator_store_flights_total{", "failed") + SumOf(lines, "orchestrator_store_flights_total{", "waited_out"),
            SumOf(lines, "orchestrator_cache_requests_total{"));
    }

    private static double SumOf(string[] lines, string name, string? result = null) => lines
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && (result is null || line.Contains($"result=\"{result}\"", StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>Of all frontends together.</summary>
    /// <param name="Rows">Sent to the container.</param>
    /// <param name="Led">Questions whose lease a frontend got.</param>
    /// <param name="WithoutLease">Questions computed because Redis failed or the wait was over.</param>
    /// <param name="LookedUp">Questions that went through the cache.</param>
    private sealed record Counts(double Rows, double Led, double WithoutLease, double LookedUp)
    {
        public Counts Since(Counts before) => new(Rows - before.Rows, Led - before.Led, WithoutLease - before.WithoutLease, LookedUp - before.LookedUp);
    }
}
