using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Cli.Output;
using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Cli.Simulation;

/// <summary>One row of what <c>orch simulate</c> prints; times in milliseconds.</summary>
internal sealed record SimulationRow(
    string Trace, double? Load, int? Clients, string Policy, string Model, long Requests, double OfferedPerSecond, double GoodputPerSecond, double InTimeShare, double P50Ms, double P99Ms, double P999Ms,
    double MeanBatch, IReadOnlyDictionary<int, long> BatchSizes, IReadOnlyDictionary<string, long> Drops, double RefusedAfterP50Ms)
{
    public static SimulationRow Of(SimulationResult result, ModelResult model)
    {
        var closed = result.Plan.Trace == Orchestrator.Simulation.Traffic.Trace.Closed;
        return new SimulationRow(
            JsonNamingPolicy.CamelCase.ConvertName(result.Plan.Trace.ToString()), closed ? null : result.Plan.Load, closed ? result.Plan.Clients : null, result.Plan.Policy, model.Name,
            model.Requests, model.Offered, model.Goodput, model.InTimeShare, model.P50.TotalMilliseconds, model.P99.TotalMilliseconds, model.P999.TotalMilliseconds,
            model.MeanBatch, model.BatchSizes, model.Drops.ToDictionary(d => JsonNamingPolicy.CamelCase.ConvertName(d.Key.ToString()), d => d.Value), model.RefusedAfterP50.TotalMilliseconds);
    }
}

/// <summary>What <c>orch simulate -o json</c> prints.</summary>
internal sealed record SimulationReport(double CapacityPerSecond, IReadOnlyList<SimulationRow> Rows)
{
    private static readonly SimulationJson Indented = new(new JsonSerializerOptions(SimulationJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static SimulationReport Of(IReadOnlyList<SimulationResult> results) => new(
        results[0].Plan.Models.Sum(m => m.Capacity),
        [.. results.SelectMany(r => r.Models.Count == 1 ? [SimulationRow.Of(r, r.Models[0])] : r.Models.Append(r.Total).Select(m => SimulationRow.Of(r, m)))]);

    public string ToJson() => JsonSerializer.Serialize(this, Indented.SimulationReport);

    public TextTable ToTable()
    {
        var several = Rows.Any(r => r.Model == "all");
        string[] head = ["trace", "load", "policy", .. several ? new[] { "model" } : [], "offered/s", "goodput/s", "in time", "p50 ms", "p99 ms", "p99.9 ms", "batch", "infeasible", "shed", "full", "given up", "expired", "late", "refused after ms"];
        var table = new TextTable(head);
        foreach (var row in Rows)
        {
            var best = Rows.Where(r => r.Trace == row.Trace && r.Load == row.Load && r.Clients == row.Clients && r.Model == row.Model).Max(r => r.GoodputPerSecond);
            table.Add([
                row.Trace, row.Clients is { } clients ? $"{clients} clients" : Number(row.Load!.Value), row.Policy, .. several ? new Cell[] { row.Model } : [],
                Number(row.OfferedPerSecond), new Cell(Number(row.GoodputPerSecond), row.GoodputPerSecond >= 0.99 * best ? CellTone.Good : CellTone.Plain),
                row.InTimeShare.ToString("0.0%", CultureInfo.InvariantCulture), Number(row.P50Ms), Number(row.P99Ms), Number(row.P999Ms), Number(row.MeanBatch),
                .. row.Drops.Values.Select(d => (Cell)d.ToString(CultureInfo.InvariantCulture)), Number(row.RefusedAfterP50Ms)]);
        }

        return table;
    }

    private static string Number(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.##", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SimulationReport))]
internal sealed partial class SimulationJson : JsonSerializerContext;
