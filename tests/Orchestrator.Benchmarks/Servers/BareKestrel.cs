using System.Buffers;
using System.Globalization;
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;

namespace Orchestrator.Benchmarks.Servers;

/// <summary>
/// The least a web server can do for a predict call: Kestrel without routing or anything else before it, the 64 doubles parsed into an array, an answer of
/// the orchestrator's form and size. What the cache-hit path is measured against.
/// </summary>
internal static class BareKestrel
{
    private const int Features = 64;
    private static long _queries;

    /// <summary>Serves on a free loopback port, which it prints, until it is asked to end.</summary>
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhostAnyPort();
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        Console.WriteLine("listens on " + app.Urls.First());
        await app.WaitForShutdownAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var input = new double[Features];
        var reader = context.Request.BodyReader;
        var body = await reader.ReadAsync(context.RequestAborted);
        while (!body.IsCompleted)
        {
            reader.AdvanceTo(body.Buffer.Start, body.Buffer.End);
            body = await reader.ReadAsync(context.RequestAborted);
        }

        Parse(body.Buffer, input);
        reader.AdvanceTo(body.Buffer.End);
        var answer = new ArrayBufferWriter<byte>(256);
        Write(answer, input);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(answer.WrittenMemory, context.RequestAborted);
    }

    private static void Parse(in ReadOnlySequence<byte> body, double[] input)
    {
        var json = new Utf8JsonReader(body);
        var count = 0;
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.Number)
            {
                input[count++] = json.GetDouble();
            }
        }
    }

    private static void Write(IBufferWriter<byte> answer, double[] input)
    {
        var query = Interlocked.Increment(ref _queries);
        using var json = new Utf8JsonWriter(answer);
        json.WriteStartObject();
        json.WriteNumber("query_id"u8, query);
        json.WriteNumber("output"u8, (long)input[0]);
        json.WriteBoolean("default"u8, false);
        json.WriteString("model"u8, "digits-cached"u8);
        json.WriteString("version"u8, "1"u8);
        json.WriteString("prediction_id"u8, query.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void ListenLocalhostAnyPort(this KestrelServerOptions kestrel) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
}
