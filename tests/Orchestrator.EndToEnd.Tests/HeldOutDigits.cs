using System.Text.Json;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The 360 held-out digits and what each model answers in its own framework (samples/digits/train.py).</summary>
internal sealed class HeldOutDigits
{
    private readonly JsonElement _root = JsonDocument.Parse(File.ReadAllBytes(Repository.Sample("digits", "models", "held-out.json"))).RootElement;

    private HeldOutDigits()
    {
        Images = [.. _root.GetProperty("images").EnumerateArray().Select(i => i.EnumerateArray().Select(p => p.GetDouble()).ToArray())];
    }

    public static HeldOutDigits Instance { get; } = new();

    public double[][] Images { get; }

    public double[] Labels(string model, string output) => [.. _root.GetProperty("expected").GetProperty(model).GetProperty(output).EnumerateArray().Select(l => l.GetDouble())];

    public double[] Rows(string model, string output) => [.. _root.GetProperty("expected").GetProperty(model).GetProperty(output).EnumerateArray().SelectMany(r => r.EnumerateArray().Select(p => p.GetDouble()))];

    public static string Json(double[] image) => JsonSerializer.Serialize(image);
}
