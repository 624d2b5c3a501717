using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Tests;

/// <summary>The whole data plane on a clock that the test moves, in front of replicas that the test answers for.</summary>
internal sealed class ServingRig
{
    public const string Model = "m";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private long _revision;

    public ServingRig(long cacheBytes = 1 << 20, TimeSpan? hungBatch = null, IPredictionStore? store = null, SharedCacheOptions? shared = null, ILogger<ServingTableUpdater>? logger = null, Func<IItemSink, IItemSink>? sink = null)
    {
        Metrics = new ServingMetrics(_services.GetRequiredService<IMeterFactory>());
        Cache = new PredictionCache(cacheBytes, Time);
        if (store is not null)
        {
            Shared = new SharedRig(store, shared ?? new SharedCacheOptions(), Cache, _services.GetRequiredService<IMeterFactory>(), Time);
        }

        Sink = new CacheSink(Cache, Shared?.Cache);
        var context = new UpdaterContext(new ServingOptions { HungBatch = hungBatch ?? TimeSpan.FromSeconds(5) }, logger ?? NullLogger<ServingTableUpdater>.Instance);
        Updater = new ServingTableUpdater(State, endpoint => Clients[endpoint.Id.Instance] = new FakeReplica(), sink?.Invoke(Sink) ?? Sink, Metrics, context, Time);
        Service = new PredictionService(Cache, Metrics, Time, Shared?.Cache, flights: Shared?.Flights);
    }

    public ManualTime Time { get; } = new();

    public ServingState State { get; } = new();

    public ServingMetrics Metrics { get; }

    public PredictionCache Cache { get; }

    public CacheSink Sink { get; }

    /// <summary>The second level, if the rig was given a store.</summary>
    public SharedRig? Shared { get; }

    public ServingTableUpdater Updater { get; }

    public PredictionService Service { get; }

    public Dictionary<string, FakeReplica> Clients { get; } = [];

    /// <summary>Batches that each replica computes at the same time.</summary>
    public int Concurrency { get; init; } = 1;

    public VersionEntry Version(string version = "1") => State.Table.Models[Model].Versions[version];

    /// <summary>Serves one model with the given versions and replicas.</summary>
    public void Serve(string serving, params (string Version, string[] Replicas)[] versions) => Serve(serving, v => v, versions);

    public void Serve(string serving, Func<ModelVersionSpec, ModelVersionSpec> change, params (string Version, string[] Replicas)[] versions) => Updater.Apply(new ServingSnapshot
    {
        Revision = ++_revision,
        Models =
        [
            new ServedModel
            {
                Name = Model,
                ServingVersion = serving,
                Versions = [.. versions.Select(v => new ServedVersion
                {
                    Spec = change(new ModelVersionSpec { Version = v.Version, Framework = "noop", Batching = new BatchingSpec { Policy = "fixed" } }),
                    Signature = new ModelSignature { Inputs = [new TensorSignature("input", "FP64", [-1, 1])], Outputs = [new TensorSignature("output", "FP64", [-1])] },
                    Replicas = [.. v.Replicas.Select(r => new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId(Model, v.Version), r), Address = new ContainerAddress("127.0.0.1", 1), Concurrency = Concurrency })],
                })],
            },
        ],
    });

    public PredictionCall Call(double value, double milliseconds = 20, int rows = 1, string version = "1") => new()
    {
        Target = Version(version),
        Inputs = [new Tensor("input", DataType.Fp64, [rows, 1], MemoryMarshal.AsBytes<double>(Enumerable.Repeat(value, rows).ToArray()).ToArray())],
        Deadline = Deadline.After(Time, TimeSpan.FromMilliseconds(milliseconds)),
    };

    public Task<PredictionOutcome> Ask(double value, double milliseconds = 20, int rows = 1, CancellationToken clientGone = default) =>
        Service.PredictAsync(Call(value, milliseconds, rows), clientGone).AsTask();

    public static double[] ValuesOf(PredictionOutcome outcome) => MemoryMarshal.Cast<byte, double>(outcome.Outputs[0].Data.Span).ToArray();
}

/// <summary>A replica whose answers the test gives, batch by batch.</summary>
internal sealed class FakeReplica : IReplicaClient
{
    private readonly Lock _lock = new();
    private readonly Queue<Call> _out = new();
    private readonly Queue<TaskCompletionSource<Call>> _waiting = new();

    public bool Ready { get; set; } = true;

    /// <summary>Thrown by the next question whether it is ready.</summary>
    public Exception? ReadyThrows { get; set; }

    public List<double[]> Batches { get; } = [];

    /// <summary>Called whenever a batch is sent.</summary>
    public Action OnSend { get; set; } = () => { };

    public bool Disposed { get; private set; }

    public async ValueTask<ReplicaReply> InferAsync(Batch batch, TimeSpan budget, CancellationToken abandon)
    {
        var call = new Call(batch);
        OnSend();
        lock (_lock)
        {
            Batches.Add(call.Values);
            if (_waiting.TryDequeue(out var waiter))
            {
                waiter.SetResult(call);
            }
            else
            {
                _out.Enqueue(call);
            }
        }

        using var hung = abandon.Register(() => call.Reply(new ReplicaReply(ReplyKind.Hung, null, "no answer in time", true)));
        return await call.Answered;
    }

    public ValueTask<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        var defect = ReadyThrows;
        ReadyThrows = null;
        return defect is null ? ValueTask.FromResult(Ready) : throw defect;
    }

    /// <summary>The next batch that was sent.</summary>
    public Task<Call> NextAsync()
    {
        lock (_lock)
        {
            if (_out.TryDequeue(out var call))
            {
                return Task.FromResult(call);
            }

            var waiter = new TaskCompletionSource<Call>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter);
            return waiter.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>A batch that was sent and not asked for yet, or null.</summary>
    public Call? TryNext()
    {
        lock (_lock)
        {
            return _out.TryDequeue(out var call) ? call : null;
        }
    }

    public int BatchCount
    {
        get
        {
            lock (_lock)
            {
                return Batches.Count;
            }
        }
    }

    public void Dispose() => Disposed = true;

    internal sealed class Call(Batch batch)
    {
        private readonly TaskCompletionSource<ReplicaReply> _answer = new();

        public Batch Batch => batch;

        public double[] Values { get; } = [.. batch.Items.SelectMany(i => MemoryMarshal.Cast<byte, double>(i.Inputs[0].Data.Span).ToArray())];

        public Task<ReplicaReply> Answered => _answer.Task;

        public void Reply(ReplicaReply reply) => _answer.TrySetResult(reply);

        /// <summary>Answers each row with ten times its value.</summary>
        public void Succeed(IReadOnlyDictionary<int, string>? rowErrors = null, double factor = 10, TimeSpan? queued = null) => Reply(new ReplicaReply(
            ReplyKind.Ok,
            new InferResponse { ModelName = ServingRig.Model, Outputs = [new Tensor("output", DataType.Fp64, [Values.Length], MemoryMarshal.AsBytes<double>([.. Values.Select(v => v * factor)]).ToArray())], RowErrors = rowErrors },
            null,
            true,
            queued));

        public void Fail(ReplyKind kind, string error = "broken", bool mayHaveRun = true) => Reply(new ReplicaReply(kind, null, error, mayHaveRun));
    }
}
