using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Orchestrator.Host.Tests.Telemetry;

/// <summary>A span as it travels; identifiers in hexadecimal.</summary>
internal sealed record ReceivedSpan(string Trace, string Id, string Parent, string Name, IReadOnlyList<string> Tags, IReadOnlyList<(string Trace, string Span)> Links);

/// <summary>Takes what is exported over OTLP/HTTP, and reads of it what tests look at.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.UseRouting();
        receiver._app.MapPost("/v1/traces", receiver.TakeAsync);
        receiver._app.UseEndpoints(_ => { });
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        // ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
        foreach (var span in All(body.ToArray(), 1).SelectMany(r => All(r, 2)).SelectMany(s => All(s, 2)))
        {
            Spans.Enqueue(new ReceivedSpan(
                Hex(span, 1), Hex(span, 2), Hex(span, 4), Encoding.UTF8.GetString(All(span, 5).Single()),
                [.. All(span, 9).Select(tag => Encoding.UTF8.GetString(All(tag, 1).Single()))],
                [.. All(span, 13).Select(link => (Hex(link, 1), Hex(link, 2)))]));
        }
    }

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(All(message, field).SingleOrDefault([]));

    // The length-delimited fields of that number in a protobuf message.
    private static List<byte[]> All(byte[] message, int field)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var length = (key & 7) switch { 0 => 0, 1 => 8, 5 => 4, _ => (int)Varint(message, ref at) };
            if ((key & 7) == 0)
            {
                Varint(message, ref at);
            }
            else if ((key & 7) == 2 && key >> 3 == (ulong)field)
            {
                found.Add(message[at..(at + length)]);
            }

            at += length;
        }

        return found;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }
}
