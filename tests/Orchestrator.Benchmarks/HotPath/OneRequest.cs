using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Benchmarks.InProcess;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Host.Query.Applications;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Benchmarks.HotPath;

/// <summary>A request of 64 doubles in each form that it takes on its way, and a data plane in front of an <see cref="InstantReplica"/> that answers it.</summary>
internal sealed class OneRequest : IAsyncDisposable
{
    public const int Width = 64;
    public const string Cached = "cached";
    public const string Plain = "plain";
    private static readonly TimeSpan Slo = TimeSpan.FromSeconds(1);
    private readonly LocalDataPlane _plane;

    private OneRequest(LocalDataPlane plane)
    {
        _plane = plane;
        var values = Enumerable.Range(0, Width).Select(i => i / 7.0).ToArray();
        Json = System.Text.Encoding.UTF8.GetBytes($$"""{"input":[{{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}}]}""");
        Inputs = [.. ReadJson(Plain).Rows[0]];
        var binary = new ArrayBufferWriter<byte>();
        BinaryHeader = InferCodec.WriteBinaryRequest(binary, new InferRequest { Inputs = Inputs });
        Binary = binary.WrittenMemory;
    }

    /// <summary>Body of <c>POST /{app}/predict</c>.</summary>
    public byte[] Json { get; }

    /// <summary>Body of <c>POST /v2/models/{model}/infer</c> with the binary tensor extension.</summary>
    public ReadOnlyMemory<byte> Binary { get; }

    /// <summary>Bytes of <see cref="Binary"/> that are JSON.</summary>
    public int BinaryHeader { get; }

    public IReadOnlyList<Tensor> Inputs { get; }

    public ServingTable Table => _plane.Table;

    /// <summary>Starts it with so many models, each with an application and, but for the first two, without a replica.</summary>
    public static async Task<OneRequest> StartAsync(int models) => new(await LocalDataPlane.StartAsync(Snapshot(models), default, services => services.AddSingleton<Func<ReplicaEndpoint, IReplicaClient>>(InstantReplica.Create)));

    public PredictRequest ReadJson(string application) => PredictRequestReader.Read(Json, Table.Applications[application], Table, null);

    public PredictionOutcome Predict(string model)
    {
        var call = new PredictionCall { Target = Table.Applications[model].Select(null)!, Inputs = Inputs, Outputs = [], Deadline = Deadline.After(TimeProvider.System, Slo), Application = model };
        var answer = _plane.Service.PredictAsync(call, default);
        var outcome = answer.IsCompletedSuccessfully ? answer.Result : answer.AsTask().GetAwaiter().GetResult();
        return outcome.Kind == OutcomeKind.Ok ? outcome : throw new BenchmarkException($"expected an answer, got {outcome.Kind}: {outcome.Explanation}");
    }

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    private static ServingSnapshot Snapshot(int models)
    {
        string[] names = [Cached, Plain, .. Enumerable.Range(2, models - 2).Select(i => $"other-{i}")];
        return new ServingSnapshot
        {
            Revision = 1,
            Models = [.. names.Select((name, i) => new ServedModel { Name = name, ServingVersion = "1", Versions = [Version(name, hasReplica: i < 2)] })],
            Applications = [.. names.Select(name => new ApplicationSpec { Name = name, Slo = new SloSpec { Latency = Slo }, Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = name }] } })],
        };
    }

    private static ServedVersion Version(string model, bool hasReplica) => new()
    {
        Spec = new ModelVersionSpec { Version = "1", Framework = "custom", Cache = new CacheSpec { Enabled = model == Cached } },
        Signature = new ModelSignature { Inputs = [new TensorSignature("input", "FP64", [-1, Width])], Outputs = [new TensorSignature("output", "INT64", [-1])] },
        Replicas = hasReplica ? [new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId(model, "1"), "r0"), Address = new ContainerAddress("127.0.0.1", 1) }] : [],
    };
}
