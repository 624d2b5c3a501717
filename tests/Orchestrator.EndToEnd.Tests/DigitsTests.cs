using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Each container's answers over REST equal the same model evaluated offline in its own framework: labels exactly, floats within 1e-6.</summary>
public abstract class DigitsScenarios(DigitsFixture fixture)
{
    private const double Tolerance = 1e-6;
    private static readonly HeldOutDigits Digits = HeldOutDigits.Instance;
    private readonly Cluster _cluster = fixture.Cluster;

    [Fact]
    public async Task Application_SingleAndBatch_EqualOfflineLabels()
    {
        var expected = Digits.Labels("digits-v1", "predict");
        for (var i = 0; i < Digits.Images.Length; i++)
        {
            (await PredictAsync($$"""{"input": {{HeldOutDigits.Json(Digits.Images[i])}}}""")).GetProperty("output").GetDouble().ShouldBe(expected[i], $"digit {i}");
        }

        var answered = 0;
        foreach (var chunk in Enumerable.Range(0, Digits.Images.Length).Chunk(60))
        {
            var body = await PredictAsync($$"""{"input_batch": [{{string.Join(',', chunk.Select(i => HeldOutDigits.Json(Digits.Images[i])))}}]}""");
            foreach (var (element, i) in body.GetProperty("batch_predictions").EnumerateArray().Zip(chunk))
            {
                element.GetProperty("default").GetBoolean().ShouldBeFalse();
                element.GetProperty("output").GetDouble().ShouldBe(expected[i]);
                answered++;
            }
        }

        answered.ShouldBe(360);
    }

    /// <summary>Asks until the model itself answered: on a machine that other tests load, one answer may be the default, and says so.</summary>
    private async Task<JsonElement> PredictAsync(string json)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (status, body) = await _cluster.PostAsync("/digits/predict", json);
            status.ShouldBe(HttpStatusCode.OK);
            var answers = body.TryGetProperty("batch_predictions", out var batch) ? batch.EnumerateArray().ToArray() : [body];
            if (attempt == 20 || answers.All(a => !a.GetProperty("default").GetBoolean()))
            {
                answers.ShouldAllBe(a => !a.GetProperty("default").GetBoolean(), $"no model answer in {attempt + 1} attempts: {body}");
                return body;
            }
        }
    }

    [Theory]
    [InlineData("digits", "1", "digits-v1", "predict", "predict_proba", DataType.Fp64)]
    [InlineData("digits", "2", "digits-v2", "predict", null, DataType.Fp64)]
    [InlineData("digits-onnx", "1", "digits-onnx", "label", "probabilities", DataType.Fp32)]
    [InlineData("digits-dotnet", "1", "digits-dotnet", "label", "probabilities", DataType.Fp64)]
    public async Task Model_JsonBinaryAndBatch_EqualOffline(string model, string version, string key, string label, string? probabilities, DataType input)
    {
        var path = $"{_cluster.Url}/v2/models/{model}/versions/{version}/infer";
        foreach (var size in new[] { 1, 60 })
        {
            for (var first = 0; first < 360; first += size)
            {
                var images = Digits.Images[first..(first + size)];
                var json = await InferAsync(path, images, input, binary: false);
                var binary = await InferAsync(path, images, input, binary: true);
                foreach (var response in new[] { json, binary })
                {
                    Values(response, label).ShouldBe(Digits.Labels(key, label)[first..(first + size)]);
                    if (probabilities is not null)
                    {
                        var expected = Digits.Rows(key, probabilities)[(first * 10)..((first + size) * 10)];
                        Values(response, probabilities).Zip(expected).ShouldAllBe(p => Math.Abs(p.First - p.Second) <= Tolerance);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("digits")]
    [InlineData("digits-onnx")]
    [InlineData("digits-dotnet")]
    public async Task ContainerCheck_OfEachFramework_Passes(string model)
    {
        var replica = (await _cluster.StatusAsync()).Models.Single(m => m.Name == model).Versions.Single(v => v.Spec.Version == "1").Replicas[0];
        (await _cluster.CheckAsync(replica, model)).ShouldSucceed();
    }

    private async Task<InferResponse> InferAsync(string path, double[][] images, DataType type, bool binary)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        var flat = images.SelectMany(i => i).ToArray();
        var data = type == DataType.Fp64 ? MemoryMarshal.AsBytes<double>(flat).ToArray() : MemoryMarshal.AsBytes<float>(flat.Select(v => (float)v).ToArray()).ToArray();
        var request = new InferRequest { Inputs = [new Tensor("input", type, [images.Length, 64], data)] };
        int? headerLength = null;
        if (binary)
        {
            headerLength = InferCodec.WriteBinaryRequest(writer, request);
        }
        else
        {
            InferCodec.WriteJsonRequest(writer, request);
        }

        using var content = new ByteArrayContent(writer.WrittenSpan.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue(binary ? ContractNames.BinaryContentType : ContractNames.JsonContentType);
        if (headerLength is not null)
        {
            content.Headers.Add(ContractNames.HeaderLength, $"{headerLength}");
        }

        using var response = await _cluster.Http.PostAsync(path, content);
        var body = await response.Content.ReadAsByteArrayAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(body));
        int? answerLength = response.Headers.TryGetValues(ContractNames.HeaderLength, out var values) || response.Content.Headers.TryGetValues(ContractNames.HeaderLength, out values)
            ? int.Parse(values.First(), System.Globalization.CultureInfo.InvariantCulture) : null;
        answerLength.HasValue.ShouldBe(binary);
        return InferCodec.ReadResponse(body, answerLength, CodecLimits.Default);
    }

    private static double[] Values(InferResponse response, string output)
    {
        // A JSON answer has no datatype narrower than it says, so one conversion serves both.
        var tensor = TensorRows.Convert(response.Outputs.Single(o => o.Name == output), DataType.Fp64);
        return MemoryMarshal.Cast<byte, double>(tensor.Data.Span).ToArray();
    }
}

/// <summary>As child processes.</summary>
public sealed class DigitsTests(DigitsTests.Fixture fixture) : DigitsScenarios(fixture), IClassFixture<DigitsTests.Fixture>
{
    /// <summary>The sample's cluster.</summary>
    public sealed class Fixture() : DigitsFixture(Runtimes.Process);
}

/// <summary>In real containers, from the images that deploy/images.sh builds.</summary>
[Trait("Needs", "Docker")]
public sealed class DigitsUnderDockerTests(DigitsUnderDockerTests.Fixture fixture) : DigitsScenarios(fixture), IClassFixture<DigitsUnderDockerTests.Fixture>
{
    /// <summary>The sample's cluster.</summary>
    public sealed class Fixture() : DigitsFixture(Runtimes.Docker);
}

/// <summary>The sample's cluster under a runtime.</summary>
public abstract class DigitsFixture(string runtime) : IAsyncLifetime
{
    private ClusterFile _file = null!;

    internal Cluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _file = await ClusterFile.OfSampleAsync("digits", runtime);
        Cluster = await Cluster.StartAsync(_file.Path, runtime: runtime);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await _file.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
