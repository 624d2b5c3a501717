using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core.Runtime;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>A container in this process: one server that serves every model of <see cref="FakeModels"/>, plus routes of its own for pass-through.</summary>
internal sealed class FakeContainer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeContainer(WebApplication app, ContainerAddress address, Task called, ConcurrentQueue<string> traceParents) =>
        (_app, Address, Called, TraceParents) = (app, address, called, traceParents);

    public ContainerAddress Address { get; }

    /// <summary>Completes with the first inference call.</summary>
    public Task Called { get; }

    /// <summary>Header <c>traceparent</c> of every inference call; empty where there was none.</summary>
    public ConcurrentQueue<string> TraceParents { get; }

    public static async Task<FakeContainer> StartAsync(string name = "a", string? socketPath = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => Listen(k, socketPath));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        var app = builder.Build();
        app.UseRouting();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var traceParents = new ConcurrentQueue<string>();
        app.Use(async (context, next) =>
        {
            if (context.Request.Path.Value!.EndsWith("/infer", StringComparison.Ordinal))
            {
                traceParents.Enqueue(context.Request.Headers.TraceParent.ToString());
            }

            await next(context);
        });
        app.MapPost("/v2/models/{model}/infer", context => InferAsync(context, called));
        app.MapPost("/v2/models/{model}/versions/{version}/infer", context => InferAsync(context, called));
        app.Map("/who", context => context.Response.WriteAsync(name));
        app.Map("/echo/{**rest}", EchoAsync);
        app.Map("/stream", StreamAsync);
        app.Map("/duplex", DuplexAsync);
        app.UseEndpoints(_ => { });
        await app.StartAsync();
        var uri = new Uri(socketPath is null ? app.Urls.First() : "http://container:80");
        return new FakeContainer(app, new ContainerAddress(uri.Host, uri.Port, socketPath), called.Task, traceParents);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Listen(KestrelServerOptions kestrel, string? socketPath)
    {
        if (socketPath is not null)
        {
            kestrel.ListenUnixSocket(socketPath);
        }
        else
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body);
        context.Response.StatusCode = context.Request.Query.TryGetValue("status", out var status) ? int.Parse(status!) : 200;
        context.Response.Headers["X-Echo"] = "yes";
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await body.ReadToEndAsync()}");
    }

    private static async Task StreamAsync(HttpContext context)
    {
        for (var i = 0; !context.RequestAborted.IsCancellationRequested && i < 1000; i++)
        {
            await context.Response.WriteAsync($"line {i}\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, context.RequestAborted);
        }
    }

    // Answers each line as it comes: works only if nobody in between waits for the end of the body.
    private static async Task DuplexAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        while (await reader.ReadLineAsync(context.RequestAborted) is { } line)
        {
            await context.Response.WriteAsync($"got {line}\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private static async Task InferAsync(HttpContext context, TaskCompletionSource called)
    {
        called.TrySetResult();
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var headerLength = int.Parse(context.Request.Headers[ContractNames.HeaderLength]!);
        var request = InferCodec.ReadRequest(buffer.ToArray(), headerLength, CodecLimits.Default);
        var model = (string)context.Request.RouteValues["model"]!;
        var (status, error) = await FakeModels.MisbehaveAsync(model, context.RequestAborted);
        if (error is not null)
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsJsonAsync(new { error });
            return;
        }

        var response = FakeModels.Compute(model, request);
        var output = new ArrayBufferWriter<byte>();
        var length = InferCodec.WriteResponse(output, response, _ => true);
        context.Response.ContentType = ContractNames.BinaryContentType;
        context.Response.Headers[ContractNames.HeaderLength] = length.ToString();
        await context.Response.BodyWriter.WriteAsync(output.WrittenMemory);
    }
}

/// <summary>Tensors from and to plain arrays.</summary>
internal static class Tensors
{
    public static double[] Doubles(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.Data.Span).ToArray();

    public static Tensor Of(string name, long[] shape, params double[] values) => new(name, DataType.Fp64, shape, MemoryMarshal.AsBytes<double>(values).ToArray());

    public static Tensor Of(string name, long[] shape, params byte[][] values) => new(name, DataType.Bytes, shape, Join(values));

    public static string[] Texts(Tensor tensor)
    {
        var texts = new List<string>();
        for (var data = tensor.Data.Span; data.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(data);
            texts.Add(Encoding.UTF8.GetString(data.Slice(4, length)));
            data = data[(4 + length)..];
        }

        return [.. texts];
    }

    private static byte[] Join(byte[][] values)
    {
        var bytes = new List<byte>();
        foreach (var value in values)
        {
            bytes.AddRange(BitConverter.GetBytes(value.Length));
            bytes.AddRange(value);
        }

        return [.. bytes];
    }
}
