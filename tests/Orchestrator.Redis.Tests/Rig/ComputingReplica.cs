using System.Runtime.InteropServices;
using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>A replica in this process whose answers depend on everything that may tell two questions apart.</summary>
internal sealed class ComputingReplica(string version) : IReplicaClient
{
    private int _calls;
    private int _rows;

    /// <summary>Batches it was asked.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Rows it computed.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Awaited before each answer.</summary>
    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async ValueTask<ReplicaReply> InferAsync(Batch batch, TimeSpan budget, CancellationToken abandon)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _rows, batch.Rows);
        await Before();
        var first = batch.Items[0];
        var factor = first.Parameters is { } parameters && parameters.TryGetValue("factor", out var given) ? given.GetDouble() : 1;
        var rows = batch.Items.SelectMany(item => Enumerable.Range(0, item.Rows).Select(r => Row(item.Inputs[0], r))).ToArray();
        Tensor[] all =
        [
            new("sum", DataType.Fp64, [rows.Length], Bytes<double>([.. rows.Select(r => (r.Values.Sum() * factor) + (r.Length * 1000) + version[0])])),
            new("max", DataType.Fp32, [rows.Length, 1], Bytes<float>([.. rows.Select(r => (float)r.Values.Max())])),
        ];
        var outputs = first.Outputs.Count == 0 ? all : [.. first.Outputs.Select(o => all.Single(t => t.Name == o.Name))];
        return new ReplicaReply(ReplyKind.Ok, new InferResponse { ModelName = Plane.Model, Outputs = outputs }, null, true);
    }

    public ValueTask<bool> IsReadyAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public void Dispose()
    {
    }

    private static (double[] Values, int Length) Row(Tensor input, int row)
    {
        // The row's shape counts too, not only how many numbers it has.
        var width = (int)(input.ElementCount / input.Rows);
        var values = MemoryMarshal.Cast<byte, double>(input.Data.Span).Slice(row * width, width).ToArray();
        return (values, (int)input.Shape[1]);
    }

    private static byte[] Bytes<T>(T[] values) where T : struct => MemoryMarshal.AsBytes<T>(values).ToArray();
}
