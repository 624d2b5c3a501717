using Microsoft.AspNetCore.Http;
using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Protocol;

namespace Orchestrator.Control.Tests.Probing;

public sealed class HttpProbeSessionTests : IAsyncLifetime
{
    private static readonly ModelVersionId Id = new("m", "1");
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly ControlOptions _options = new() { ReadinessPoll = TimeSpan.FromMilliseconds(1), WarmUpBudget = TimeSpan.FromSeconds(20) };
    private TestContainer _container = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _container = await TestContainer.StartAsync();

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    [Fact]
    public async Task Probe_ReadyAfterAWhile_ReadsTheContract()
    {
        var asked = 0;
        _container.Intercept = context => AnswerAsync(context, "/v2/health/ready", ++asked < 6 ? 503 : null, """{"ready":false}""");
        _container.Metadata = """
            {"name":"m","versions":["1"],"platform":"onnx","inputs":[{"name":"a","datatype":"FP32","shape":[8,-1]},{"name":"b","datatype":"BYTES","shape":[8,1]}],
             "outputs":[{"name":"y","datatype":"INT64","shape":[8]}],
             "properties":{"concurrency":"2","max_batch_size":"8","optional_inputs":"b, c","warnings":"one\ntwo"}}
            """;
        using var session = Open();

        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        (contract.BinaryTensors, contract.Concurrency, contract.MaxBatchSize).ShouldBe((true, 2, 8));
        contract.Signature.Platform.ShouldBe("onnx");
        contract.Signature.Inputs.Select(i => (i.Name, i.Datatype)).ShouldBe([("a", "FP32"), ("b", "BYTES")]);
        contract.Signature.OptionalInputs.ShouldBe(["b", "c"]);
        contract.Signature.Warnings.ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Probe_NeverReady_SaysWhatItLastAnswered()
    {
        _container.Intercept = context => AnswerAsync(context, "/v2/health/ready", 503, """{"error":"still loading"}""");
        using var session = Open();

        var outcome = await session.ProbeAsync(Id, TimeSpan.FromMilliseconds(100), None);

        outcome.Failure.ShouldNotBeNull().ShouldContain("not ready within 100 ms");
        outcome.Failure.ShouldContain("""503 {"error":"still loading"}""");
    }

    [Fact]
    public async Task Probe_NobodyListens_SaysSo()
    {
        using var session = new HttpReplicaProber(_options, TimeProvider.System).Open(new ContainerAddress("127.0.0.1", 1));

        var outcome = await session.ProbeAsync(Id, TimeSpan.FromMilliseconds(50), None);

        outcome.Failure.ShouldNotBeNull().ShouldContain("GET /v2/health/live: Connection refused");
    }

    [Theory]
    [InlineData("""{"name":"other","inputs":[],"outputs":[]}""", "it serves model 'other', expected 'm'")]
    [InlineData("""{"name":"m","versions":["7"],"inputs":[],"outputs":[]}""", "it serves version 7 of model 'm', expected 1")]
    [InlineData("""{"name":"m","versions":["1"],"inputs":[],"outputs":[]}""", "0 inputs and 0 outputs")]
    [InlineData("""{"name":"m","inputs":[{"name":"x","datatype":"FP99","shape":[-1]}],"outputs":[]}""", "FP99")]
    [InlineData("""{"name":"m","inputs":[{"name":"x","datatype":"FP64","shape":[]}],"outputs":[{"name":"y","datatype":"FP64","shape":[-1]}]}""", "input 'x' has shape []")]
    [InlineData("""{"name":"m","inputs":[{"name":"x","datatype":"FP64","shape":[4,2]}],"outputs":[{"name":"y","datatype":"FP64","shape":[-1]}]}""", "input 'x' has shape [4,2], expected dimension 0 to be the batch")]
    [InlineData("""{"name":"m","inputs":[{"name":"x","datatype":"FP64","shape":[-1]}],"outputs":[{"name":"y","datatype":"FP64","shape":[-1]}],"properties":{"concurrency":"many"}}""", "property concurrency is 'many'")]
    [InlineData("<html>", "not the Open Inference Protocol")]
    public async Task Probe_UnusableMetadata_SaysWhatAndWhatWasExpected(string metadata, string expected)
    {
        _container.Metadata = metadata;
        using var session = Open();

        (await session.ProbeAsync(Id, Long, None)).Failure.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public async Task Probe_ForeignServer_MayNumberVersionsAndHaveBatchOne()
    {
        _container.Server = """{"name":"triton","version":"2","extensions":["classification"]}""";
        _container.Metadata = """{"name":"m","versions":["42"],"inputs":[{"name":"x","datatype":"FP64","shape":[1,2]}],"outputs":[{"name":"y","datatype":"FP64","shape":[1]}]}""";
        using var session = Open();

        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        (contract.BinaryTensors, contract.MaxBatchSize).ShouldBe((false, 1));
    }

    [Fact]
    public async Task Probe_MetadataWithoutEnd_EndsAtTheLimitAndSaysSo()
    {
        _container.Intercept = async context =>
        {
            if (context.Request.Path != "/v2/models/m")
            {
                return false;
            }

            var chunk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }

            return true;
        };
        using var session = Open();

        (await session.ProbeAsync(Id, Long, None)).Failure.ShouldNotBeNull().ShouldContain("the body is longer than 4194304 bytes, the most that is read of one answer");
    }

    [Fact]
    public async Task Probe_ModelMissing_SaysTheAnswer()
    {
        using var session = Open();

        (await session.ProbeAsync(new ModelVersionId("absent", "1"), Long, None)).Failure.ShouldNotBeNull().ShouldContain("GET /v2/models/absent answered 404");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WarmUp_RealBatches_GrowAndAreMeasured(bool binary)
    {
        if (!binary)
        {
            _container.Server = """{"name":"test"}""";
        }

        _container.Metadata = """
            {"name":"m","inputs":[{"name":"x","datatype":"FP64","shape":[-1,3]},{"name":"s","datatype":"BYTES","shape":[-1,-1]},{"name":"b","datatype":"BOOL","shape":[-1,2]}],
             "outputs":[{"name":"y","datatype":"FP64","shape":[-1]}]}
            """;
        using var session = Open();
        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        var outcome = await session.WarmUpAsync(Id, contract, new BatchingSpec { MaxSize = 9 }, Long, None);

        outcome.Failure.ShouldBeNull();
        outcome.Warning.ShouldBeNull();
        outcome.Latencies.Select(l => l.Rows).ShouldBe([1, 2, 4, 8]);
        outcome.Latencies.ShouldAllBe(l => l.Duration > TimeSpan.Zero);
        _container.Requests.Select(r => r.Inputs[0].Rows).ShouldBe([1, 1, 2, 4, 8]);
        _container.Requests.ShouldAllBe(r => r.BinaryOutput == binary);
        _container.Requests[^1].Inputs.Select(i => string.Join(',', i.Shape)).ShouldBe(["8,3", "8,1", "8,2"]);
        _container.Requests[0].Inputs.ShouldAllBe(i => ValidatesAs(i));
    }

    [Fact]
    public async Task WarmUp_BudgetIsOver_StillRunsOneRowTwice()
    {
        _options.WarmUpBudget = TimeSpan.Zero;
        using var session = Open();
        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        var outcome = await session.WarmUpAsync(Id, contract, new BatchingSpec(), Long, None);

        outcome.Latencies.Select(l => l.Rows).ShouldBe([1]);
        _container.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task WarmUp_ModelRefusesSyntheticInput_IsAWarning(int status)
    {
        _container.Intercept = context => AnswerAsync(context, "/v2/models/m/infer", status, """{"error":"no such city: a"}""");
        using var session = Open();
        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        var outcome = await session.WarmUpAsync(Id, contract, new BatchingSpec(), Long, None);

        outcome.Failure.ShouldBeNull();
        outcome.Warning.ShouldNotBeNull().ShouldContain("no such city");
    }

    [Fact]
    public async Task WarmUp_ConnectionBreaks_IsAFailure()
    {
        _container.Intercept = context =>
        {
            if (context.Request.Path == "/v2/models/m/infer")
            {
                context.Abort();
                return Task.FromResult(true);
            }

            return Task.FromResult(false);
        };
        using var session = Open();
        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        (await session.WarmUpAsync(Id, contract, new BatchingSpec(), Long, None)).Failure.ShouldNotBeNull().ShouldContain("warm-up with 1 row");
    }

    [Fact]
    public async Task WarmUp_NoAnswerWithinBudget_IsAFailure()
    {
        _container.Intercept = async context =>
        {
            if (context.Request.Path != "/v2/models/m/infer")
            {
                return false;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var session = Open();
        var contract = (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();

        (await session.WarmUpAsync(Id, contract, new BatchingSpec(), TimeSpan.FromMilliseconds(50), None)).Failure.ShouldNotBeNull().ShouldContain("no answer within");
    }

    [Fact]
    public async Task Check_ReadyAndNotReady_IsTold()
    {
        using var session = Open();
        (await session.CheckAsync(None)).ShouldBeNull();

        _container.Intercept = context => AnswerAsync(context, "/v2/health/ready", 503, "draining");

        (await session.CheckAsync(None)).ShouldNotBeNull().ShouldContain("503 draining");
    }

    [Fact]
    public async Task Probe_UnixSocket_Works()
    {
        var path = Path.Combine(Path.GetTempPath(), $"o{Environment.ProcessId}-{Guid.NewGuid():N}"[..20]);
        await using var container = await TestContainer.StartAsync(path);
        using var session = new HttpReplicaProber(_options, TimeProvider.System).Open(container.Address);

        (await session.ProbeAsync(Id, Long, None)).Contract.ShouldNotBeNull();
    }

    private IProbeSession Open() => new HttpReplicaProber(_options, TimeProvider.System).Open(_container.Address);

    private static bool ValidatesAs(Tensor tensor)
    {
        TensorRows.Validate(tensor, tensor.Name);
        return true;
    }

    private static async Task<bool> AnswerAsync(HttpContext context, string path, int? status, string body)
    {
        if (status is null || context.Request.Path != path)
        {
            return false;
        }

        context.Response.StatusCode = status.Value;
        await context.Response.WriteAsync(body);
        return true;
    }
}
