using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Images.Tests;

/// <summary>A question that a dashboard asks of Prometheus.</summary>
internal sealed record DashboardQuery(string Where, string Expression);

/// <summary>The dashboards that Grafana is provisioned with.</summary>
internal static partial class Dashboards
{
    [GeneratedRegex(@"^label_values\((?<metric>[^,]+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues { get; }

    /// <summary>The expression of every panel and variable, as Grafana would send it with everything selected.</summary>
    public static List<DashboardQuery> ReadQueries()
    {
        var queries = new List<DashboardQuery>();
        foreach (var file in Directory.GetFiles(Path.Combine(Shell.Root, "deploy/grafana/dashboards"), "*.json").Order(StringComparer.Ordinal))
        {
            var dashboard = JsonNode.Parse(File.ReadAllText(file))!;
            var (name, variables) = (Path.GetFileNameWithoutExtension(file), dashboard["templating"]!["list"]!.AsArray());
            foreach (var variable in variables)
            {
                var asked = LabelValues.Match(variable!["query"]!["query"]!.GetValue<string>());
                asked.Success.ShouldBeTrue($"{name}: {variable.ToJsonString()}");
                queries.Add(new DashboardQuery($"{name}, variable {variable["name"]}", $"count by ({asked.Groups["label"].Value}) ({asked.Groups["metric"].Value})"));
            }

            queries.AddRange(dashboard["panels"]!.AsArray().SelectMany(panel => panel!["targets"]!.AsArray().Select(target =>
                new DashboardQuery($"{name}, {panel["title"]}", Fill(target!["expr"]!.GetValue<string>(), variables)))));
        }

        return queries;
    }

    /// <summary>Those that Prometheus answers with no series, or with none that is a number.</summary>
    public static async Task<List<DashboardQuery>> FindEmptyAsync(HttpClient http, Uri prometheus, IEnumerable<DashboardQuery> queries)
    {
        var empty = new List<DashboardQuery>();
        foreach (var query in queries)
        {
            var answer = await http.GetAsync(new Uri(prometheus, $"/api/v1/query?query={Uri.EscapeDataString(query.Expression)}"), TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            answer.IsSuccessStatusCode.ShouldBeTrue($"{query.Where}: {query.Expression}: {text}");
            var values = JsonNode.Parse(text)!["data"]!["result"]!.AsArray().Select(series => series!["value"]![1]!.GetValue<string>());
            if (!values.Any(value => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number)))
            {
                empty.Add(query);
            }
        }

        return empty;
    }

    private static string Fill(string expression, JsonArray variables)
    {
        var filled = expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal);
        foreach (var variable in variables)
        {
            filled = filled.Replace($"${variable!["name"]}", variable["allValue"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        filled.ShouldNotContain("$");
        return filled;
    }
}
