using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests;

/// <summary>An engine made of answers, on a Unix socket of its own. A call that has no answer is refused with 501 and what was asked.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly WebApplication _app;
    private readonly Dictionary<string, RequestDelegate> _answers = new(StringComparer.Ordinal);

    private FakeEngine(DirectoryInfo folder, WebApplication app) => (_folder, _app) = (folder, app);

    public EngineEndpoint Endpoint => new() { SocketPath = SocketPath };

    /// <summary>Method, path and query of every call that came, oldest first.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What it says of itself.</summary>
    public string Version { get; set; } = """{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}""";

    private string SocketPath => Path.Combine(_folder.FullName, "engine.sock");

    public static async Task<FakeEngine> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-engine-");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ListenUnixSocket(Path.Combine(folder.FullName, "engine.sock"), l => l.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        var engine = new FakeEngine(folder, app);
        app.Run(engine.AnswerAsync);
        await app.StartAsync();
        return engine;
    }

    /// <summary>Answers a call, named as <c>GET /v1.41/info</c>, without its query.</summary>
    public FakeEngine On(string call, RequestDelegate answer)
    {
        lock (_answers)
        {
            _answers[call] = answer;
        }

        return this;
    }

    public FakeEngine On(string call, string json, int status = 200) => On(call, context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(json);
    });

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var call = $"{context.Request.Method} {context.Request.Path}";
        RequestDelegate? answer;
        lock (_answers)
        {
            Calls.Add(call + context.Request.QueryString);
            answer = _answers.GetValueOrDefault(call);
        }

        if (answer is not null)
        {
            await answer(context);
        }
        else if (call == "GET /version")
        {
            await context.Response.WriteAsync(Version);
        }
        else
        {
            context.Response.StatusCode = 501;
            await context.Response.WriteAsync($$"""{"message":"no answer prepared for {{call}}"}""");
        }
    }
}
