using System.Text;
using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Core;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>Models with a known answer or a known fault.</summary>
internal static class FakeModels
{
    private static readonly TensorSignature[] FourNumbers = [new("input", "FP64", [-1, 4])];
    private static readonly TensorSignature[] OneTotal = [new("total", "FP64", [-1])];

    public static IReadOnlyDictionary<string, ModelSignature> Signatures { get; } = new Dictionary<string, ModelSignature>
    {
        ["sum"] = new() { Platform = "fake", Inputs = FourNumbers, Outputs = OneTotal, Properties = new Dictionary<string, string> { ["framework"] = "fake 1.0" } },
        ["hang"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
        ["broken"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
        ["picky"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
        ["rowfail"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
        ["rowrefuse"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
        ["people"] = new()
        {
            Inputs = [new("age", "FP64", [-1]), new("city", "BYTES", [-1, 1]), new("note", "BYTES", [-1])],
            Outputs = [new("score", "FP64", [-1]), new("label", "BYTES", [-1])],
            OptionalInputs = ["note"],
        },
        ["matrix"] = new() { Inputs = [new("m", "FP64", [-1, 2, 2])], Outputs = [new("m", "FP64", [-1, 2, 2])] },
        ["text"] = new() { Inputs = [new("t", "BYTES", [-1])], Outputs = [new("t", "BYTES", [-1])] },
        ["raw"] = new() { Inputs = [new("t", "BYTES", [-1])], Outputs = [new("t", "BYTES", [-1])] },
        ["absent"] = new() { Inputs = FourNumbers, Outputs = OneTotal },
    };

    public static async Task<(int Status, string? Error)> MisbehaveAsync(string model, CancellationToken cancellationToken)
    {
        if (model == "hang")
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        return model switch
        {
            "broken" => (500, "ValueError: the model is broken"),
            "picky" => (400, "input 'input': numbers below 1000 are not for me"),
            _ => (200, null),
        };
    }

    public static InferResponse Compute(string model, InferRequest request)
    {
        var rows = request.Inputs[0].Rows;
        var factor = request.Parameters.TryGetValue("factor", out var given) ? given.GetDouble() : 1;
        var outputs = model switch
        {
            "people" => People(request, rows),
            "matrix" or "text" => [request.Inputs[0]],
            "raw" => [Tensors.Of("t", [rows], [.. Enumerable.Repeat<byte[]>([0xff, 0xfe], rows)])],
            _ => [Tensors.Of("total", [rows], [.. Tensors.Doubles(request.Inputs[0]).Chunk(4).Select(r => r.Sum() * factor)])],
        };
        var failed = model is "rowfail" or "rowrefuse" ? FailedRows(request.Inputs[0]) : null;
        var wanted = request.Outputs.Count == 0 ? outputs : [.. request.Outputs.Select(o => outputs.First(t => t.Name == o.Name))];
        return new InferResponse { ModelName = model, Outputs = wanted, RowErrors = failed?.Count > 0 ? failed : null, InvalidRows = model == "rowrefuse" ? [.. failed!.Keys] : [] };
    }

    public static ServedVersion Served(string model, string version, params FakeContainer[] containers) => new()
    {
        Spec = new ModelVersionSpec { Version = version, Framework = "custom", Cache = new CacheSpec { Enabled = false } },
        Signature = Signatures[model],
        Replicas = [.. containers.Select((c, i) => new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId(model, version), $"r{i}"), Address = c.Address })],
        Reason = containers.Length == 0 ? "it crashed" : null,
    };

    public static ApplicationSpec Application(string name, string model, TimeSpan slo, string? defaultOutput = null) => new()
    {
        Name = name,
        Slo = new SloSpec { Latency = slo },
        DefaultOutput = defaultOutput is null ? null : JsonDocument.Parse(defaultOutput).RootElement.Clone(),
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = model }] },
    };

    private static Tensor[] People(InferRequest request, int rows)
    {
        var ages = Tensors.Doubles(request.Inputs.First(i => i.Name == "age"));
        var cities = Tensors.Texts(request.Inputs.First(i => i.Name == "city"));
        return [Tensors.Of("score", [rows], ages), Tensors.Of("label", [rows], [.. cities.Select(Encoding.UTF8.GetBytes)])];
    }

    private static Dictionary<int, string> FailedRows(Tensor input) =>
        Tensors.Doubles(input).Chunk(4).Select((row, i) => (row, i)).Where(r => r.row[0] < 0).ToDictionary(r => r.i, _ => "ValueError: negative");
}
