using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Rehearsals;

/// <summary>What a rehearsal serves and what it asks: each way that a prediction can take, hits and misses of the cache among them.</summary>
internal static class RehearsalPlan
{
    public const string Model = "rehearsal";
    public const string Output = "output";

    private const string LookingUp = "rehearsal-features";
    private const string Version = "1";
    private const int Columns = 4;

    /// <summary>Longer than any step of the rehearsal: it shall answer, not measure.</summary>
    private static readonly TimeSpan Slo = TimeSpan.FromSeconds(10);

    public static ServingSnapshot Snapshot(ContainerAddress container)
    {
        var id = new ReplicaId(new ModelVersionId(Model, Version), "a");
        var served = new ServedVersion
        {
            Spec = new ModelVersionSpec { Version = Version, Framework = FrameworkCatalog.Custom },
            Signature = new ModelSignature { Inputs = [new("input", "FP64", [-1, Columns])], Outputs = [new(Output, "FP64", [-1, Columns])] },
            Replicas = [new ReplicaEndpoint { Id = id, Address = container }],
        };
        var application = new ApplicationSpec
        {
            Name = Model,
            Slo = new SloSpec { Latency = Slo },
            Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = Model }] },
        };
        var looking = application with
        {
            Name = LookingUp,
            Features = new FeaturesSpec
            {
                Columns = ["a", "b", "c", "d"],
                Views = [new FeatureViewSpec { Name = Model, Entity = [new EntityKeySpec { Name = "id", Type = "int64" }], Features = [.. "abc".Select(c => new FeatureSpec { Name = $"{c}", Type = "double" })] }],
            },
        };
        return new ServingSnapshot { Revision = 1, Applications = [application, looking], Models = [new ServedModel { Name = Model, ServingVersion = Version, Timeout = Slo, Versions = [served] }] };
    }

    /// <summary>The requests of one round; other numbers in each, so that most of them reach the container.</summary>
    public static IEnumerable<HttpRequestMessage> Round(int round)
    {
        yield return Predict($$"""{"input": [{{round}}.5, 1, 2, 3]}""");
        yield return Predict($$"""{"input": [{{round}}.5, 1, 2, 3]}""");
        yield return Predict($$"""{"input_batch": [[{{round}}, 1, 2, 4.25], [{{round}}, 1, 2, 5]]}""");
        yield return Predict($$$"""{"entity": {"id": {{{round}}}}, "input": {"d": 8}}""", LookingUp);
        yield return Infer(Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[{{{round}}},1,2,6]}]}"""), null);
        yield return InferBinary(round);
    }

    private static HttpRequestMessage Predict(string json, string application = Model) => Post($"/{application}/predict", Encoding.UTF8.GetBytes(json), ContractNames.JsonContentType);

    private static HttpRequestMessage InferBinary(int round)
    {
        var data = MemoryMarshal.AsBytes<double>([round, 1, 2, 7]).ToArray();
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        var length = InferCodec.WriteBinaryRequest(writer, new InferRequest { Inputs = [new Tensor("input", DataType.Fp64, [1, Columns], data)] });
        return Infer(writer.WrittenSpan.ToArray(), length);
    }

    private static HttpRequestMessage Infer(byte[] body, int? headerLength)
    {
        var request = Post($"/v2/models/{Model}/infer", body, headerLength is null ? ContractNames.JsonContentType : ContractNames.BinaryContentType);
        if (headerLength is { } length)
        {
            request.Headers.Add(ContractNames.HeaderLength, length.ToString(CultureInfo.InvariantCulture));
        }

        return request;
    }

    private static HttpRequestMessage Post(string path, byte[] body, string contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
    }
}
