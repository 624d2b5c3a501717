using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Benchmarks.Results;

/// <summary>One measurement as it is kept: a line of JSON.</summary>
/// <param name="Benchmark">Its name.</param>
/// <param name="Round">Counts from 1.</param>
/// <param name="Variant">What was measured.</param>
/// <param name="At">When it ended.</param>
/// <param name="Values">Numbers by name; the name says the unit.</param>
/// <param name="Answers">How the requests ended.</param>
internal sealed record Row(string Benchmark, int Round, string Variant, DateTimeOffset At, IReadOnlyDictionary<string, double> Values, string Answers)
{
    public string ToJson() => JsonSerializer.Serialize(this, RowJson.Default.Row);

    public static Row FromJson(string line) => JsonSerializer.Deserialize(line, RowJson.Default.Row) ?? throw new BenchmarkException($"no row: {line}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Row))]
internal sealed partial class RowJson : JsonSerializerContext;
