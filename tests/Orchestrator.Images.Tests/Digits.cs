using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Images.Tests;

/// <summary>Digits that no model has seen, and what each model says to them.</summary>
internal sealed class Digits
{
    private readonly JsonNode _heldOut = JsonNode.Parse(File.ReadAllText(Path.Combine(Shell.Root, "samples/digits/models/held-out.json")))!;

    public int Count => _heldOut["images"]!.AsArray().Count;

    public JsonNode Image(int index) => _heldOut["images"]![index % Count]!.DeepClone();

    /// <summary>What a model answers, by the Python or Node that made it.</summary>
    public int Expected(string model, string output, int index) => (int)_heldOut["expected"]![model]![output]![index % Count]!.GetValue<double>();

    public static async Task<JsonNode> AskAsync(HttpClient http, Uri query, string application, JsonNode image)
    {
        var answer = await http.PostAsJsonAsync(new Uri(query, $"/{application}/predict"), new JsonObject { ["input"] = image }, JsonSerializerOptions.Default, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonNode.Parse(text)!;
    }
}
