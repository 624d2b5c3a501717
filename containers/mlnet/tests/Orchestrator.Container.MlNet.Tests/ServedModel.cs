using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Container.MlNet.Model;

namespace Orchestrator.Container.MlNet.Tests;

/// <summary>A pipeline behind the real contract, on a free port of this process.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly RunningContainer _running;
    private readonly HttpClient _client;
    private readonly string _file;

    private ServedModel(RunningContainer running, string file)
    {
        (_running, _file) = (running, file);
        _client = new HttpClient { BaseAddress = new Uri(running.Address), Timeout = TimeSpan.FromSeconds(30) };
    }

    public Uri Address => _client.BaseAddress!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ServedModel> StartAsync(IPipeline pipeline, string options = "{}")
    {
        var file = Path.GetTempFileName();
        var settings = new ContainerSettings { Model = "m", Port = 0, Artefact = file, Options = JsonElement.Parse(options) };
        var running = await RunningContainer.StartAsync(new ContainerDefinition { Name = "test", Create = _ => new MlNetModel(_ => pipeline) }, settings, TextWriter.Null, TimeProvider.System);
        try
        {
            await running.LoadAsync(Token);
        }
        catch
        {
            await running.DisposeAsync();
            File.Delete(file);
            throw;
        }

        return new ServedModel(running, file);
    }

    public async Task<JsonNode> MetadataAsync() => (await _client.GetFromJsonAsync<JsonNode>("/v2/models/m", Token))!;

    public async Task<(int Status, JsonNode Body)> InferAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        var response = await _client.PostAsync(new Uri("/v2/models/m/infer", UriKind.Relative), content, Token);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _running.DisposeAsync();
        File.Delete(_file);
    }
}
