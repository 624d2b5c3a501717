using System.Net;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

public sealed class WorkTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task Infer_MoreThanConcurrencyAndThoseThatWait_IsRefusedAsBusy(int concurrency, int waiting)
    {
        await using var container = await TestContainer.StartAsync(new ContainerSettings { Concurrency = concurrency });
        container.Gate.Holds = true;
        var accepted = Enumerable.Range(0, concurrency).Select(_ => container.InferAsync(TestContainer.Rows(1))).ToList();
        for (var i = 0; i < concurrency; i++)
        {
            await container.Gate.EnteredAsync();
        }

        // One of those is too many, whichever comes last.
        var more = Enumerable.Range(0, waiting + 1).Select(_ => container.InferAsync(TestContainer.Rows(1))).ToList();
        var refused = await Task.WhenAny(more);

        (await refused).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await refused).Headers.GetValues(ContractNames.Busy).ShouldBe(["1"]);
        more.Remove(refused);
        container.Gate.Gate.Set();
        foreach (var response in await Task.WhenAll([.. accepted, .. more]))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.OK);
        container.Gate.Calls.ShouldBe(concurrency + waiting + 1);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5.5")]
    public async Task Infer_DeadlinePassed_Answers504WithoutComputing(string budget)
    {
        await using var container = await TestContainer.StartAsync();

        (await container.InferAsync(TestContainer.Rows(1), (ContractNames.DeadlineMs, budget))).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        container.Gate.Calls.ShouldBe(0);
        (await container.InferAsync(TestContainer.Rows(1), (ContractNames.DeadlineMs, "60000.5"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await container.InferAsync(TestContainer.Rows(1), (ContractNames.DeadlineMs, "1e"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Workers_DeadlinePassesWhileWaiting_EndsTheJobUncomputedWithItsWaitingTime()
    {
        var time = new FakeTime();
        var model = new GateModel();
        var workers = new BatchWorkers(1, time);
        workers.TryAdmit().ShouldBeTrue();
        var job = Job(model, time, time.GetTimestamp() + TimeSpan.FromMilliseconds(5).Ticks, CancellationToken.None);
        workers.Enqueue(job);
        time.Advance(TimeSpan.FromMilliseconds(6));

        workers.Start(model);

        (await job.Completion.WaitAsync(GateModel.Patience, TestContainer.Token)).ShouldBe(JobOutcome.TooLate);
        job.Queued.ShouldBe(TimeSpan.FromMilliseconds(6));
        model.Calls.ShouldBe(0);
        workers.Stop();
    }

    [Fact]
    public async Task Workers_CallerGoneWhileWaiting_EndsTheJobUncomputed()
    {
        var model = new GateModel();
        var workers = new BatchWorkers(1, TimeProvider.System);
        workers.TryAdmit().ShouldBeTrue();
        var job = Job(model, TimeProvider.System, deadline: null, new CancellationToken(canceled: true));
        workers.Enqueue(job);

        workers.Start(model);

        (await job.Completion.WaitAsync(GateModel.Patience, TestContainer.Token)).ShouldBe(JobOutcome.Abandoned);
        model.Calls.ShouldBe(0);
        workers.Stop();
    }

    [Fact]
    public async Task Infer_ModelThatAwaits_HoldsItsWorkerUntilItIsDone()
    {
        var model = new AwaitingModel();
        await using var container = await TestContainer.StartAsync(model: model);
        var first = container.InferAsync(TestContainer.Rows(1));
        await model.Entered.Task.WaitAsync(GateModel.Patience, TestContainer.Token);
        // Of three more two wait for the worker, and the other is refused because they do.
        List<Task<HttpResponseMessage>> more = [.. Enumerable.Range(0, 3).Select(_ => container.InferAsync(TestContainer.Rows(2)))];
        var refused = await Task.WhenAny(more);
        (await refused).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        more.Remove(refused);

        model.Running.ShouldBe(1);
        model.Gate.SetResult();

        (await first).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var response in await Task.WhenAll(more))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        model.MostRunning.ShouldBe(1);
    }

    [Fact]
    public async Task Infer_CallerLeavesWhileComputing_CancelsTheModelsToken()
    {
        await using var container = await TestContainer.StartAsync();
        container.Gate.Holds = true;
        using var leave = new CancellationTokenSource();
        var call = container.Client.PostAsync(new Uri("/v2/models/m/infer", UriKind.Relative), new StringContent(TestContainer.Rows(1)), leave.Token);
        await container.Gate.EnteredAsync();
        var cancelled = new TaskCompletionSource();
        await using var registration = container.Gate.Token.Register(cancelled.SetResult);

        await leave.CancelAsync();

        await cancelled.Task.WaitAsync(GateModel.Patience, TestContainer.Token);
        container.Gate.Gate.Set();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    private static BatchJob Job(GateModel model, TimeProvider time, long? deadline, CancellationToken caller)
    {
        Tensor input = new("x", DataType.Fp64, [1, 2], new byte[16]);
        var batch = new Batch([input], new OutputBuffers(model.Signature, 1), new InferRequest { Inputs = [input] }, null, () => null);
        return new BatchJob(batch, time.GetTimestamp(), deadline, caller);
    }
}
