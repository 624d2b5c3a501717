using Orchestrator.Redis.Tests.Rig;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Redis.Tests;

/// <summary>A cache must change nothing but the time: the same random requests through a plane with both levels and through one with none.</summary>
public sealed class DifferentialTests
{
    private const int Requests = 100_000;
    private const int Workers = 64;

    /// <summary>So little that most hits come from Redis.</summary>
    private const long SmallCache = 512 * 1024;

    [Fact]
    public async Task RandomRequests_CacheOnAndOff_GiveTheSameTensors()
    {
        await using var server = await RedisServer.StartAsync();
        await using var cached = await Plane.StartAsync(server.Options, SmallCache, "1", "2");
        await using var plain = await Plane.StartAsync(null, 0, "1", "2");
        await cached.UntilConnectedAsync();
        var next = 0;
        var hits = 0;
        var rows = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (Interlocked.Increment(ref next) <= Requests)
            {
                var ask = RandomQuestion(random);
                var with = await cached.Predictions.PredictAsync(ask(cached), CancellationToken.None);
                var without = await plain.Predictions.PredictAsync(ask(plain), CancellationToken.None);
                Text(with).ShouldBe(Text(without));
                Interlocked.Add(ref rows, with.Outputs[0].Rows);
                if (with.FromCache)
                {
                    Interlocked.Increment(ref hits);
                }
            }
        })));
        rows.ShouldBeGreaterThan(Requests * 3 / 2, "with several rows in many of them");
        plain.Replicas.Values.Sum(r => r.Rows).ShouldBe(rows);
        hits.ShouldBeGreaterThan(Requests / 2);
        cached.Replicas.Values.Sum(r => r.Rows).ShouldBeLessThan(rows / 2);
        cached.Store.Problem.ShouldBeNull();
    }

    /// <summary>About 10,000 different rows, among them many that differ in one thing only; every fourth request has several, some of them equal.</summary>
    private static Func<Plane, PredictionCall> RandomQuestion(Random random)
    {
        var rows = random.Next(4) == 0 ? random.Next(2, 9) : 1;
        double[] row = [.. Enumerable.Range(0, rows).SelectMany(_ => (double[])[random.Next(10), random.Next(10), random.Next(4), 1])];
        long[] shape = random.Next(2) == 0 ? [rows, 4] : [rows, 2, 2];
        var version = random.Next(2) == 0 ? "1" : "2";
        string[] outputs = random.Next(3) switch { 0 => [], 1 => ["sum"], _ => ["max", "sum"] };
        double? factor = random.Next(2) == 0 ? null : 2;
        return plane => plane.Call(row, shape, version, outputs: outputs, factor: factor);
    }

    private static string Text(PredictionOutcome outcome) =>
        $"{outcome.Kind} {outcome.ModelVersion} " + string.Join(';', outcome.Outputs.OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => $"{o.Name} {o.DataType} [{string.Join(',', o.Shape)}] {Convert.ToHexString(o.Data.Span)}"));
}
