using System.Text.Json;

namespace Orchestrator.Container;

/// <summary>The contract's variables (docs/container-contract.md, "How it is started").</summary>
internal sealed record ContainerSettings
{
    public const string DefaultModel = "model";
    public const string DefaultVersion = "1";
    public const string DefaultHost = "127.0.0.1";
    public const int DefaultPort = 8080;
    public const int DefaultConcurrency = 1;
    public const int DefaultThreads = 1;
    public const int DefaultMaxBatchBytes = 8 * 1024 * 1024;
    public const double DefaultDrainSeconds = 10;
    private const int BodyAllowanceBytes = 1024 * 1024;

    public string Model { get; init; } = DefaultModel;
    public string Version { get; init; } = DefaultVersion;
    public string? Artefact { get; init; }
    public string Host { get; init; } = DefaultHost;
    public int Port { get; init; } = DefaultPort;
    public string? Socket { get; init; }
    public int Concurrency { get; init; } = DefaultConcurrency;
    public int Threads { get; init; } = DefaultThreads;
    public int MaxBatchBytes { get; init; } = DefaultMaxBatchBytes;
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(DefaultDrainSeconds);
    public JsonElement Options { get; init; } = JsonElement.Parse("{}");

    /// <summary>JSON takes more room than tensors: twice the largest batch, and something for the header.</summary>
    public long MaxBodyBytes => (2L * MaxBatchBytes) + BodyAllowanceBytes;
}
