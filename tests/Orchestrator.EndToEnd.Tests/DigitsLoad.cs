using System.Text;
using System.Text.Json;
using Orchestrator.Load;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Random held-out digits whose answers are known, from 64 connections.</summary>
internal static class DigitsLoad
{
    private const int Connections = 64;
    private static readonly HeldOutDigits Digits = HeldOutDigits.Instance;
    private static readonly double[] Expected = Digits.Labels("digits-v1", "predict");
    private static readonly double[] ExpectedSecond = Digits.Labels("digits-v2", "predict");
    private static readonly byte[][] Bodies = [.. Digits.Images.Select(i => Encoding.UTF8.GetBytes($$"""{"input": {{HeldOutDigits.Json(i)}}}"""))];

    /// <summary>The version that answers.</summary>
    public static async Task<string?> AskVersionAsync(Cluster cluster)
    {
        // The default carries no model's version: ask until a model answered.
        for (var i = 0; ; i++)
        {
            var (_, body) = await cluster.PostAsync("/digits/predict", Encoding.UTF8.GetString(Bodies[0]));
            if (i == 50 || !body.GetProperty("default").GetBoolean())
            {
                return body.GetProperty("version").GetString();
            }
        }
    }

    public static LoadPlan Plan(Cluster cluster, TimeSpan duration) => new()
    {
        Uri = new Uri($"{cluster.Url}/digits/predict"),
        Connections = Connections,
        Duration = duration,
        Body = index => Bodies[DigitOf(index)],
    };

    /// <summary>Spread over the digits like random ones, and the same for sending and checking.</summary>
    private static int DigitOf(int index) => (int)((uint)(index * 2654435761L) % (uint)Bodies.Length);

    public static bool IsRight(int index, ReadOnlySpan<byte> body) => OutputOf(body) == Expected[DigitOf(index)];

    public static bool IsEitherVersion(int index, ReadOnlySpan<byte> body) =>
        OutputOf(body) is { } answer && (answer == Expected[DigitOf(index)] || answer == ExpectedSecond[DigitOf(index)]);

    private static double? OutputOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("output"u8))
            {
                reader.Read();
                return reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : null;
            }
        }

        return null;
    }

    /// <summary>A cluster of that one model, nothing cached: every request reaches a container.</summary>
    public static string File(string runtime, int replicas, string more = "") => ClusterFile.Under(runtime, $$"""
        cluster: chaos
        models:
          - name: digits
            current: "1"
            versions:
              - version: "1"
                framework: sklearn
                path: {{Repository.Sample("digits", "models", "digits-v1.joblib")}}
                replicas: {{replicas}}
                cache: { enabled: false }
        {{more}}
        applications:
          - name: digits
            slo: 100ms
            defaultOutput: -1
            model: digits
        """);
}
