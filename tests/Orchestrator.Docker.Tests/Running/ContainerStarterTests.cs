using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Docker.Tests.Running;

public sealed class ContainerStarterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestrator-docker-");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("driver failed programming external connectivity: no space left on device", false)]
    [InlineData("grpc: the client connection is closing: context canceled", true)]
    [InlineData("failed to update store for object type *libnetwork.endpoint: open : no such file or directory", true)]
    public async Task Start_EngineRefuses_IsTheModelsFailureUnlessTheEngineIsGoingDown(string words, bool isGoingDown)
    {
        await using var engine = await StartEngineAsync(liveRestore: false);
        engine.On("POST /v1.41/containers/c1/start", $$"""{"message":"{{words}}"}""", 500);
        await using var runtime = Runtime(engine);
        if (isGoingDown)
        {
            (await Should.ThrowAsync<RuntimeUnavailableException>(() => StartAsync(runtime))).Message.ShouldContain($"it is going down ({words}); it has no live-restore");
        }
        else
        {
            (await Should.ThrowAsync<ContainerStartException>(() => StartAsync(runtime))).Message.ShouldContain(words);
        }

        engine.Calls.ShouldContain(c => c.StartsWith("DELETE /v1.41/containers/c1", StringComparison.Ordinal), "what was begun is undone");
    }

    [Fact]
    public async Task Start_EngineIsGoneWhenTheStartIsUndone_IsNotTheModelsFailure()
    {
        await using var engine = await StartEngineAsync(liveRestore: true);
        engine.On("POST /v1.41/containers/c1/start", """{"message":"whatever"}""", 500).On("DELETE /v1.41/containers/c1", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var runtime = Runtime(engine);
        (await Should.ThrowAsync<RuntimeUnavailableException>(() => StartAsync(runtime))).Message.ShouldEndWith("its containers go on without it (live-restore)");
    }

    [Fact]
    public async Task Start_GivenUpWhileTheEngineMakesTheContainer_LeavesNone()
    {
        using var given = new CancellationTokenSource();
        await using var engine = await StartEngineAsync(liveRestore: true);
        engine.On("POST /v1.41/containers/create", async context =>
        {
            await given.CancelAsync();
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync("""{"Id":"c1"}""");
        });
        await using var runtime = Runtime(engine);
        await Should.ThrowAsync<OperationCanceledException>(() => StartAsync(runtime, given.Token));
        engine.Calls.ShouldContain(c => c.StartsWith("DELETE /v1.41/containers/c1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_BegunAnew_WhatAStartLeftHalfMadeIsRemoved()
    {
        await using var engine = await StartEngineAsync(liveRestore: true);
        var removed = new TaskCompletionSource();
        engine.On("DELETE /v1.41/containers/half", context =>
        {
            removed.TrySetResult();
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        // The first subscription ends at once; nothing is listed before it, so that nothing is a former run's.
        engine.On("GET /v1.41/events", context =>
        {
            engine.On("GET /v1.41/containers/json", """[{"Id":"half","State":"created","Labels":{"orchestrator.model":"m","orchestrator.version":"1","orchestrator.replica":"x"}}]""");
            return Task.CompletedTask;
        });
        await using var runtime = Runtime(engine);
        await runtime.ListAsync(Test);
        await removed.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Test);
    }

    [Fact]
    public async Task Leftover_ThatTheEngineCannotRemove_DoesNotKeepTheRuntimeFromWorking()
    {
        await using var engine = await StartEngineAsync(liveRestore: true);
        engine.On("GET /v1.41/containers/json", $"[{Ended("stuck", "dead")}]").On("DELETE /v1.41/containers/stuck", """{"message":"device or resource busy"}""", 500);
        engine.On("GET /v1.41/containers/stuck/json", """{"State":{"ExitCode":1}}""").On("GET /v1.41/containers/stuck/logs", "");
        await using var runtime = Runtime(engine);
        await runtime.ListAsync(Test);
        engine.Calls.ShouldContain(c => c.StartsWith("DELETE /v1.41/containers/stuck", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_BegunAnew_OneThatCannotBeRemoved_HidesNoOtherEnd()
    {
        await using var engine = await StartEngineAsync(liveRestore: true);
        var removed = new TaskCompletionSource();
        engine.On("DELETE /v1.41/containers/other", context =>
        {
            removed.TrySetResult();
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        engine.On("DELETE /v1.41/containers/stuck", """{"message":"device or resource busy"}""", 500);
        foreach (var id in new[] { "stuck", "other" })
        {
            engine.On($"GET /v1.41/containers/{id}/json", """{"State":{"ExitCode":1}}""").On($"GET /v1.41/containers/{id}/logs", "");
        }

        engine.On("GET /v1.41/events", context =>
        {
            engine.On("GET /v1.41/containers/json", $"[{Ended("stuck", "dead")},{Ended("other", "exited")}]");
            return Task.CompletedTask;
        });
        await using var runtime = Runtime(engine);
        await runtime.ListAsync(Test);
        await removed.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Test);
    }

    private static string Ended(string id, string state) =>
        $$"""{"Id":"{{id}}","State":"{{state}}","Labels":{"orchestrator.model":"m","orchestrator.version":"1","orchestrator.replica":"{{id}}"} }""";

    private static async Task<FakeEngine> StartEngineAsync(bool liveRestore) => (await FakeEngine.StartAsync())
        .On("GET /v1.41/info", $$"""{"LiveRestoreEnabled":{{(liveRestore ? "true" : "false")}}}""")
        .On("GET /v1.41/containers/json", "[]")
        .On("GET /v1.41/events", context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted))
        .On("GET /v1.41/images/m:1/json", """{"Config":{}}""")
        .On("POST /v1.41/containers/create", """{"Id":"c1"}""", 201)
        .On("DELETE /v1.41/containers/c1", "", 204);

    private DockerContainerRuntime Runtime(FakeEngine engine) =>
        new(new DockerRuntimeOptions { WorkFolder = _folder.FullName }, engine.Endpoint, TimeProvider.System, NullLogger<DockerContainerRuntime>.Instance);

    private static Task<ContainerInfo> StartAsync(DockerContainerRuntime runtime, CancellationToken? token = null) =>
        runtime.StartAsync(Launches.Of(new ModelVersionSpec { Version = "1", Framework = FrameworkCatalog.Custom, Image = "m:1" }), token ?? Test);
}
