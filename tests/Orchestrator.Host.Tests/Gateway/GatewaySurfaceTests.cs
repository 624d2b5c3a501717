using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Host.Composition;
using Orchestrator.Host.Gateway;
using Orchestrator.Host.Query.Http;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Gateway;

/// <summary>A gateway over two frontends that are fakes; what they do with a prediction is the test's.</summary>
public sealed class GatewaySurfaceTests
{
    [Theory]
    [InlineData("none", 2, "2 tried")]
    [InlineData("model/echo,app/echo", 1, "not one that the gateway may send twice")]
    public async Task BothFrontendsBreak_OnlyAnIdempotentPredictionIsSentToTheOther(string notIdempotent, int expected, string cause)
    {
        var seen = 0;
        await using var rig = await GatewayRig.StartAsync(notIdempotent, context =>
        {
            Interlocked.Increment(ref seen);
            context.Abort();
            return Task.CompletedTask;
        });
        using var answer = await rig.PredictAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(cause);
        seen.ShouldBe(expected);
    }

    [Fact]
    public async Task FrontendsHang_TheClientsTimeIsOver_504_AndNobodyElseIsAsked()
    {
        var seen = 0;
        await using var rig = await GatewayRig.StartAsync("none", context =>
        {
            Interlocked.Increment(ref seen);
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var answer = await rig.PredictAsync("50");
        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("silent");
        seen.ShouldBe(1);
    }

    [Fact]
    public async Task AnswerOfAFrontend_PassesUnchanged_WithBodyAndHeaders()
    {
        await using var rig = await GatewayRig.StartAsync("none", async context =>
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "7";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        using var answer = await rig.PredictAsync();
        (answer.StatusCode, answer.Headers.RetryAfter!.ToString(), await answer.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.TooManyRequests, "7", GatewayRig.Question));
    }

    private sealed class GatewayRig(IHost gateway, string folder, WebApplication[] frontends) : IAsyncDisposable
    {
        public const string Question = """{"input": [1]}""";

        private readonly HttpClient _client = new() { BaseAddress = gateway.Services.GetRequiredService<GatewaySurface>().Address };

        public static async Task<GatewayRig> StartAsync(string notIdempotent, RequestDelegate predict)
        {
            var frontends = await Task.WhenAll(FrontendAsync(notIdempotent, predict), FrontendAsync(notIdempotent, predict));
            var folder = Directory.CreateTempSubdirectory("host-tests-").FullName;
            var gateway = OrchestratorHost.Build(new HostOptions
            {
                Role = HostOptions.GatewayRole,
                Frontends = string.Join(',', frontends.SelectMany(f => f.Urls)),
                QueryPort = 0,
                AdminPort = 0,
                StateDirectory = folder,
                ContainersDirectory = folder,
                DrainTimeout = TimeSpan.FromSeconds(2),
            });
            await gateway.StartAsync();
            await WaitUntil.TrueAsync(() => gateway.Services.GetRequiredService<FrontendHealth>().ReadyCount == 2, "both frontends are ready");
            return new GatewayRig(gateway, folder, frontends);
        }

        public Task<HttpResponseMessage> PredictAsync(string? timeout = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/echo/predict") { Content = new StringContent(Question) };
            if (timeout is not null)
            {
                request.Headers.Add(TimeBudget.HeaderName, timeout);
            }

            return _client.SendAsync(request);
        }

        public async ValueTask DisposeAsync()
        {
            await gateway.StopAsync();
            await ((IAsyncDisposable)gateway).DisposeAsync();
            foreach (var frontend in frontends)
            {
                await frontend.DisposeAsync();
            }

            _client.Dispose();
            Cleanup.DeleteFolder(folder);
        }

        private static async Task<WebApplication> FrontendAsync(string notIdempotent, RequestDelegate predict)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            builder.Services.AddRoutingCore();
            var app = builder.Build();
            app.UseRouting();
            app.MapGet("/v2/health/ready", context =>
            {
                context.Response.Headers[PredictionKeys.HeaderName] = notIdempotent;
                return Task.CompletedTask;
            });
            app.MapPost("/echo/predict", predict);
            await app.StartAsync();
            return app;
        }
    }
}
