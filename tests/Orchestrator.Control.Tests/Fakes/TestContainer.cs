using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Runtime;
using Orchestrator.Protocol;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>A small real server that answers as a container does, or as a test says.</summary>
internal sealed class TestContainer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestContainer(WebApplication app, ContainerAddress address) => (_app, Address) = (app, address);

    public ContainerAddress Address { get; private set; }

    public Func<HttpContext, Task<bool>> Intercept { get; set; } = _ => Task.FromResult(false);

    public string Server { get; set; } = """{"name":"test","version":"1","extensions":["binary_tensor_data","orchestrator_container_1"]}""";

    public string Metadata { get; set; } =
        """{"name":"m","versions":["1"],"platform":"test","inputs":[{"name":"x","datatype":"FP64","shape":[-1,3]}],"outputs":[{"name":"y","datatype":"FP64","shape":[-1]}]}""";

    public List<InferRequest> Requests { get; } = [];

    public static async Task<TestContainer> StartAsync(string? socket = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (socket is not null)
            {
                kestrel.ListenUnixSocket(socket);
            }
            else
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        var app = builder.Build();
        var container = new TestContainer(app, new ContainerAddress("localhost", 80, socket));
        app.Run(container.AnswerAsync);
        await app.StartAsync();
        if (socket is null)
        {
            container.Address = new ContainerAddress("127.0.0.1", new Uri(app.Urls.Single()).Port);
        }

        return container;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (await Intercept(context))
        {
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/v2/health/live" or "/v2/health/ready":
                await context.Response.WriteAsync("{}");
                break;
            case "/v2":
                await context.Response.WriteAsync(Server);
                break;
            case "/v2/models/m":
                await context.Response.WriteAsync(Metadata);
                break;
            case "/v2/models/m/infer":
                await InferAsync(context);
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private async Task InferAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        int? length = context.Request.Headers.TryGetValue(ContractNames.HeaderLength, out var value) ? int.Parse(value!, System.Globalization.CultureInfo.InvariantCulture) : null;
        lock (Requests)
        {
            Requests.Add(InferCodec.ReadRequest(body.ToArray(), length, CodecLimits.Default));
        }

        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"model_name":"m","outputs":[]}"""));
    }
}
