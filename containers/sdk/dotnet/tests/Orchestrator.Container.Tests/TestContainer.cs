using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

/// <summary>A container on a free port of this process, and a client for it.</summary>
internal sealed class TestContainer : IAsyncDisposable
{
    private readonly StringWriter _log;

    private TestContainer(RunningContainer container, IModel model, HttpClient client, StringWriter log)
    {
        Running = container;
        Model = model;
        Client = client;
        _log = log;
    }

    public RunningContainer Running { get; }

    public IModel Model { get; }

    public GateModel Gate => (GateModel)Model;

    public HttpClient Client { get; }

    public string Log => _log.ToString();

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<TestContainer> StartAsync(ContainerSettings? settings = null, IModel? model = null, TimeProvider? time = null, bool load = true)
    {
        model ??= new GateModel();
        settings ??= new ContainerSettings();
        var log = new StringWriter();
        var definition = new ContainerDefinition { Name = "test", Platform = "gate", Create = _ => model };
        var running = await RunningContainer.StartAsync(definition, settings with { Model = "m", Port = 0 }, TextWriter.Synchronized(log), time ?? TimeProvider.System);
        if (load)
        {
            await running.LoadAsync(Token);
        }

        return new TestContainer(running, model, ClientFor(settings.Socket, running.Address), log);
    }

    public Task<HttpResponseMessage> InferAsync(string json, params (string Name, string Value)[] headers) =>
        SendAsync(new StringContent(json, Encoding.UTF8, "application/json"), headers);

    public Task<HttpResponseMessage> SendAsync(HttpContent body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = body };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request, Token);
    }

    /// <summary>A request with rows [v, v].</summary>
    public static string Rows(params double[] values) =>
        $$"""{"inputs":[{"name":"x","datatype":"FP64","shape":[{{values.Length}},2],"data":[{{string.Join(',', values.SelectMany(v => new[] { v, v }))}}]}]}""";

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;

    public static async Task<InferResponse> AnswerAsync(HttpResponseMessage response)
    {
        int? length = response.Headers.TryGetValues(ContractNames.HeaderLength, out var values) ? int.Parse(values.Single(), System.Globalization.CultureInfo.InvariantCulture) : null;
        return InferCodec.ReadResponse(await response.Content.ReadAsByteArrayAsync(Token), length, CodecLimits.Default);
    }

    public async ValueTask DisposeAsync()
    {
        (Model as GateModel)?.Gate.Set();
        Client.Dispose();
        await Running.DisposeAsync();
    }

    private static HttpClient ClientFor(string? socket, string address)
    {
        if (socket is null)
        {
            return new HttpClient { BaseAddress = new Uri(address), Timeout = GateModel.Patience };
        }

        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://container"), Timeout = GateModel.Patience };
    }
}
