using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Stop_WithFollowersAndStreamsOpen_EndsWithinTheDrainTimeout()
    {
        await using var rig = await HostRig.StartAsync(o => o.DrainTimeout = TimeSpan.FromSeconds(1));
        var container = await rig.AddContainerAsync();
        await rig.PublishAsync([new ServedModel { Name = "sum", ServingVersion = "1", Versions = [FakeModels.Served("sum", "1", container)] }], []);
        using var stream = await rig.Query.GetAsync(new Uri("/containers/sum/1/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var events = await rig.Admin.GetAsync(new Uri("/api/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var logs = await rig.Admin.GetAsync(new Uri("/api/v1/models/digits/versions/1/logs?follow=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        await rig.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

        await Should.ThrowAsync<HttpRequestException>(() => rig.Query.GetAsync(new Uri("/v2", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stop_WithRequestInFlight_AnswersIt()
    {
        await using var rig = await HostRig.StartAsync(o => o.DrainTimeout = TimeSpan.FromSeconds(20));
        var container = await rig.AddContainerAsync();
        await rig.PublishAsync(
            [new ServedModel { Name = "hang", ServingVersion = "1", Versions = [FakeModels.Served("hang", "1", container)] }],
            [FakeModels.Application("hang", "hang", TimeSpan.FromSeconds(1), "-1")]);
        var answer = rig.Query.PostAsync("/hang/predict", """{"input":[1,2,3,4]}""");
        await container.Called.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

        await rig.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);

        (await answer).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Start_PortTaken_SaysWhichAndWhatToDo()
    {
        await using var rig = await HostRig.StartAsync();
        var taken = rig.Query.BaseAddress!.Port;

        var failure = await Should.ThrowAsync<Composition.SurfaceException>(() => HostRig.StartAsync(o => o.QueryPort = taken));

        failure.Message.ShouldContain($"127.0.0.1:{taken}");
        failure.Message.ShouldContain("choose another one: --");
    }
}
