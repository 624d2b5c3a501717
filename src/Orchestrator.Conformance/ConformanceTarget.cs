using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>The container to check.</summary>
public sealed record ConformanceTarget
{
    /// <summary>Name of the model where none is given: the contract's default.</summary>
    public const string DefaultModel = "model";

    /// <summary>Default of <see cref="MaxBatchBytes"/>: the contract's.</summary>
    public const long DefaultMaxBatchBytes = 8 * 1024 * 1024;

    /// <summary>Default of <see cref="Timeout"/>.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Where it listens, without <c>/v2</c>: <c>http://127.0.0.1:8080</c>. With <see cref="SocketPath"/> only the Host header is taken from it.</summary>
    public Uri Url { get; init; } = new("http://localhost");

    /// <summary>A Unix socket it listens on instead; null: none.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Name of the model it serves. Default <see cref="DefaultModel"/>.</summary>
    public string Model { get; init; } = DefaultModel;

    /// <summary>The version to call; null: calls name no version.</summary>
    public string? Version { get; init; }

    /// <summary>Inputs that the model can compute, of one row or more; null: made up from the signature (small positive numbers, the string "a", variable dimensions 1), which not every model can compute.</summary>
    public InferRequest? Sample { get; init; }

    /// <summary>Inputs of one row that take the model at least some tenths of a second; null: what needs a slow batch is skipped.</summary>
    public InferRequest? SlowSample { get; init; }

    /// <summary>Names of outputs whose values differ from call to call by design (random ones, or such that tell about the batch): their form is checked, not their values. Those that the metadata's property <c>varying_outputs</c> names are added.</summary>
    public IReadOnlySet<string> VaryingOutputs { get; init; } = new HashSet<string>();

    /// <summary>What <c>ORCHESTRATOR_MAX_BATCH_BYTES</c> was when it was started, in bytes. Default <see cref="DefaultMaxBatchBytes"/>.</summary>
    public long MaxBatchBytes { get; init; } = DefaultMaxBatchBytes;

    /// <summary>How long each call may take. Default <see cref="DefaultTimeout"/>.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;
}
