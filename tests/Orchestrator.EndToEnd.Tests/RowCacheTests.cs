using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A row is one question, however it was sent: alone, in binary, to an application, or among others.</summary>
public sealed class RowCacheTests
{
    [Fact]
    public async Task EightRows_OfWhichFiveWereAskedInOtherForms_SendThreeToTheContainer()
    {
        await using var file = await ClusterFile.WriteAsync(ClusterFile.Under(Runtimes.Process, """
            cluster: rows
            models:
              - name: sums
                version: "1"
                framework: noop
                options: { columns: 2 }
            applications:
              - { name: app, slo: 30s, model: sums }
            """));
        await using var cluster = await Cluster.StartAsync(file.Path);
        (await InferAsync(cluster, 1)).ShouldBe([2]);
        await InferBinaryAsync(cluster, 2);
        (await cluster.PostAsync("/app/predict", """{"input": [3, 1]}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await cluster.PostAsync("/app/predict", """{"input_batch": [[4, 1], [5.0, 1]]}""")).Status.ShouldBe(HttpStatusCode.OK);
        var before = await RowsSentAsync(cluster);
        before.ShouldBeGreaterThanOrEqualTo(5, "those asked here, beside what warmed the container");

        (await InferAsync(cluster, 8, 1, 2, 3, 4, 5, 6, 7)).ShouldBe([9, 2, 3, 4, 5, 6, 7, 8]);
        (await RowsSentAsync(cluster)).ShouldBe(before + 3);

        (await InferAsync(cluster, 7, 7, 6, 1)).ShouldBe([8, 8, 7, 2]);
        (await InferAsync(cluster, 8)).ShouldBe([9]);
        (await RowsSentAsync(cluster)).ShouldBe(before + 3, "all of them are known");
    }

    private static async Task<double[]> InferAsync(Cluster cluster, params int[] firsts)
    {
        var data = string.Join(", ", firsts.Select(first => $"{first}, 1"));
        var (status, body) = await cluster.PostAsync("/v2/models/sums/infer", $$"""{"inputs": [{"name": "input", "shape": [{{firsts.Length}}, 2], "datatype": "FP64", "data": [{{data}}]}]}""");
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        return [.. body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(v => v.GetDouble())];
    }

    private static async Task InferBinaryAsync(Cluster cluster, double first)
    {
        var header = Encoding.UTF8.GetBytes("""{"inputs": [{"name": "input", "shape": [1, 2], "datatype": "FP64", "parameters": {"binary_data_size": 16}}]}""");
        using var content = new ByteArrayContent([.. header, .. MemoryMarshal.AsBytes<double>([first, 1])]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await cluster.Http.PostAsync($"{cluster.Url}/v2/models/sums/infer", content);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Rows of all batches that left for the container.</summary>
    private static async Task<double> RowsSentAsync(Cluster cluster)
    {
        var text = await cluster.Http.GetStringAsync($"{cluster.Admin}/metrics");
        var lines = text.Split('\n').Where(line => line.StartsWith("orchestrator_batch_size", StringComparison.Ordinal) && line.Contains("_sum{", StringComparison.Ordinal) && line.Contains("model=\"sums\"", StringComparison.Ordinal));
        return lines.Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
