using System.Buffers;
using System.Globalization;
using System.Net;
using Orchestrator.Core.Runtime;
using Orchestrator.Host.Composition;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Rehearsals;

/// <summary>A container of the smallest kind, in this process: answers each inference with its first input.</summary>
internal sealed class RehearsalContainer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RehearsalContainer(WebApplication app, ContainerAddress address) => (_app, Address) = (app, address);

    public ContainerAddress Address { get; }

    public static async Task<RehearsalContainer> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IHostLifetime, ProcessOwnedLifetime>();
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(cancellationToken);
        var address = new Uri(app.Urls.First());
        return new RehearsalContainer(app, new ContainerAddress(address.Host, address.Port));
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headerLength = int.Parse(context.Request.Headers[ContractNames.HeaderLength].ToString(), CultureInfo.InvariantCulture);
        var request = InferCodec.ReadRequest(body.ToArray(), headerLength, CodecLimits.Default);
        var answer = new ArrayBufferWriter<byte>();
        var response = new InferResponse { ModelName = RehearsalPlan.Model, Outputs = [request.Inputs[0] with { Name = RehearsalPlan.Output }] };
        var length = InferCodec.WriteResponse(answer, response, _ => true);
        context.Response.ContentType = ContractNames.BinaryContentType;
        context.Response.Headers[ContractNames.HeaderLength] = string.Create(CultureInfo.InvariantCulture, $"{length}");
        await context.Response.BodyWriter.WriteAsync(answer.WrittenMemory, context.RequestAborted);
    }
}
