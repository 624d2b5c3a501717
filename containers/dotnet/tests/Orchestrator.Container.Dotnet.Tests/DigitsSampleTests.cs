using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Container.Tests;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Dotnet.Tests;

/// <summary>The sample model in the real program: 360 held-out digits answer as the framework that trained the weights answered.</summary>
public sealed class DigitsSampleTests : IDisposable
{
    private const string Program = "orchestrator-dotnet.dll";
    private const double Tolerance = 1e-6;
    private readonly DirectoryInfo _artefact = Directory.CreateTempSubdirectory("od-");

    public void Dispose() => _artefact.Delete(recursive: true);

    [Fact]
    public async Task Infer_HeldOutDigits_AnswersAsTheTrainingFramework()
    {
        CopyModel();
        File.Copy(Artefacts.Repository("samples/digits/models/digits-dotnet.json"), Path.Combine(_artefact.FullName, "digits-dotnet.json"));
        var heldOut = JsonSerializer.Deserialize<HeldOut>(File.ReadAllBytes(Artefacts.Repository("samples/digits/models/held-out.json")), JsonSerializerOptions.Web)!;
        var expected = heldOut.Expected.GetProperty("digits-dotnet");
        var labels = expected.GetProperty("label").Deserialize<long[]>()!;
        var probabilities = expected.GetProperty("probabilities").Deserialize<double[][]>()!.SelectMany(p => p).ToArray();
        await using var container = await ContainerProcess.StartReadyAsync(Program, "{}", ("ORCHESTRATOR_ARTEFACT", _artefact.FullName));

        foreach (var binary in new[] { false, true })
        {
            var answer = await InferAsync(container, heldOut.Images, binary);

            MemoryMarshal.Cast<byte, long>(answer.Outputs[0].Data.Span).ToArray().ShouldBe(labels);
            var actual = MemoryMarshal.Cast<byte, double>(answer.Outputs[1].Data.Span).ToArray();
            actual.Zip(probabilities, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(Tolerance);
        }
    }

    [Fact]
    public async Task Start_WithoutWeights_IsFatalAndListsWhatIsThere()
    {
        CopyModel();

        await using var container = ContainerProcess.Start(Program, """{"weights":"mine.json"}""", ("ORCHESTRATOR_ARTEFACT", _artefact.FullName));

        (await container.WaitForLogAsync("FATAL: ")).ShouldContain("no file 'mine.json'; it has DigitsModel.deps.json, DigitsModel.dll");
        (await container.ExitCodeAsync()).ShouldBe(2);
    }

    private void CopyModel()
    {
        foreach (var file in Directory.EnumerateFiles(Artefacts.Of("DigitsModel")))
        {
            File.Copy(file, Path.Combine(_artefact.FullName, Path.GetFileName(file)));
        }
    }

    private static async Task<InferResponse> InferAsync(ContainerProcess container, double[][] images, bool binary)
    {
        var data = MemoryMarshal.AsBytes(images.SelectMany(i => i).ToArray().AsSpan()).ToArray();
        var request = new InferRequest { Inputs = [new Tensor("input", DataType.Fp64, [images.Length, 64], data)] };
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v2/models/model/infer");
        if (binary)
        {
            message.Headers.Add(ContractNames.HeaderLength, $"{InferCodec.WriteBinaryRequest(body, request)}");
        }
        else
        {
            InferCodec.WriteJsonRequest(body, request);
        }

        message.Content = new ByteArrayContent(body.WrittenMemory.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        var response = await container.Client.SendAsync(message, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        int? headerLength = response.Headers.TryGetValues(ContractNames.HeaderLength, out var length) ? int.Parse(length.Single(), System.Globalization.CultureInfo.InvariantCulture) : null;
        headerLength.HasValue.ShouldBe(binary);
        return InferCodec.ReadResponse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), headerLength, CodecLimits.Default);
    }

    private sealed record HeldOut(double[][] Images, JsonElement Expected);
}
