using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Telemetry;

/// <summary>The exporter is set up by variables of the whole process, so nothing else runs beside these.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ExportCollection
{
    public const string Name = "export";
}

[Collection(ExportCollection.Name)]
public sealed class TracesTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Caller = "b7ad6b7169203331";

    [Fact]
    public async Task Predict_WithExport_LinksTheBatchToTheRequestAndTellsTheContainer()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var told = await RunWithAsync(receiver.Address, $"00-{Trace}-{Caller}-01");

        var request = receiver.Spans.Single(s => s.Trace == Trace);
        request.Parent.ShouldBe(Caller);
        request.Name.ShouldBe("POST /{app}/predict");
        request.Tags.ShouldContain("http.response.status_code");
        var batch = receiver.Spans.Single(s => s.Name == "infer batch");
        batch.Links.ShouldBe([(Trace, request.Id)]);
        batch.Trace.ShouldNotBe(Trace);
        told.ShouldBe([$"00-{batch.Trace}-{batch.Id}-01"]);
    }

    [Fact]
    public async Task Predict_WithoutExport_MakesNoSpan() => (await RunWithAsync(null, $"00-{Trace}-{Caller}-01")).ShouldBe([""]);

    private static async Task<IReadOnlyList<string>> RunWithAsync(string? receiver, string traceParent)
    {
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver is null ? null : receiver + "/v1/traces");
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", receiver is null ? null : "http/protobuf");
        try
        {
            // Its end exports what is left.
            await using var rig = await HostRig.StartWithModelsAsync();
            var answer = await rig.Query.SendAsync(HttpMethod.Post, "/sum/predict", """{"input": [1, 2, 3, 4]}"""u8.ToArray(), ("traceparent", traceParent));
            answer.Status.ShouldBe(200, answer.Text);
            return [.. rig.Containers.Single().TraceParents];
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", null);
        }
    }
}
