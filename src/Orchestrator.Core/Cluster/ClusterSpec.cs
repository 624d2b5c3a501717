using System.Text.Json;

namespace Orchestrator.Core.Cluster;

/// <summary>Everything the user asked for: the content of a cluster file, with artefacts named by digest once they were uploaded.</summary>
public sealed record ClusterSpec
{
    /// <summary>Name of the cluster; labels containers, so several clusters on one machine never touch each other. Default <c>default</c>.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Where containers run: <c>process</c> or <c>docker</c>. Default <c>process</c>.</summary>
    public string Runtime { get; init; } = "process";

    /// <summary>What happens to containers when the orchestrator is asked to end: <c>stop</c> ends them, <c>leave</c> leaves them running for the next one to adopt (not under <c>process</c>). Default <c>stop</c>.</summary>
    // Absent in what an older version wrote, which the generated JSON reader turns into null.
    public string OnShutdown { get => field ?? ShutdownStop; init; } = ShutdownStop;

    /// <summary>Models by unique name.</summary>
    public IReadOnlyList<ModelSpec> Models { get; init; } = [];

    /// <summary>Applications by unique name.</summary>
    public IReadOnlyList<ApplicationSpec> Applications { get; init; } = [];

    /// <summary>A value of <see cref="OnShutdown"/>.</summary>
    public const string ShutdownStop = "stop";

    /// <summary>A value of <see cref="OnShutdown"/>.</summary>
    public const string ShutdownLeave = "leave";

    /// <summary>A cluster without models and applications.</summary>
    public static ClusterSpec Empty { get; } = new();

    /// <summary>The model of that name, or null.</summary>
    public ModelSpec? FindModel(string name) => Models.FirstOrDefault(m => m.Name == name);

    /// <summary>The application of that name, or null.</summary>
    public ApplicationSpec? FindApplication(string name) => Applications.FirstOrDefault(a => a.Name == name);
}

/// <summary>A model: its versions, and which of them plain calls go to.</summary>
public sealed record ModelSpec
{
    /// <summary>Default of <see cref="Timeout"/>.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Unique in the cluster; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 63.</summary>
    public required string Name { get; init; }

    /// <summary>The version that answers calls which name none. A rollout is a change of this.</summary>
    public required string CurrentVersion { get; init; }

    /// <summary>How long a <c>/v2</c> call may take when the client names no shorter time. Default 1 s.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Every version that is known, running or not; old ones stay for rollback.</summary>
    public IReadOnlyList<ModelVersionSpec> Versions { get; init; } = [];

    /// <summary>The version of that name, or null.</summary>
    public ModelVersionSpec? FindVersion(string version) => Versions.FirstOrDefault(v => v.Version == version);
}

/// <summary>One version of a model. What it computes (framework, artefact, options, command, environment) can never change under its name; how it is run can.</summary>
public sealed record ModelVersionSpec
{
    /// <summary>Default of <see cref="StartupTimeout"/>.</summary>
    public static readonly TimeSpan DefaultStartupTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Default of <see cref="QueueCapacity"/>.</summary>
    public const int DefaultQueueCapacity = 4096;

    /// <summary>Name of the version, unique within the model; the same characters as a model's name.</summary>
    public required string Version { get; init; }

    /// <summary>Which container serves it: <c>sklearn</c>, <c>onnx</c>, <c>dotnet</c>, <c>noop</c>, or <c>custom</c> with a <see cref="Command"/> or an <see cref="Image"/>.</summary>
    public required string Framework { get; init; }

    /// <summary>What the framework loads; null for frameworks that need nothing (<c>noop</c>).</summary>
    public ArtefactSpec? Artefact { get; init; }

    /// <summary>The framework's own options, passed through as JSON (<c>method</c>, <c>columns</c>, ...).</summary>
    public IReadOnlyDictionary<string, JsonElement> Options { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>For <c>custom</c>: the program and its arguments; <c>{port}</c>, <c>{host}</c>, <c>{artefact}</c>, <c>{model}</c> and <c>{version}</c> are replaced.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Under a runtime with images: the one its containers are made from; null: the framework's own. Its name is kept as it is written: what it means is the registry's business.</summary>
    public string? Image { get; init; }

    /// <summary>What one container may use at most; null: no limits.</summary>
    public ResourcesSpec? Resources { get; init; }

    /// <summary>Environment variables added to the container's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>For interpreted frameworks: the interpreter (for Python a path to one, or to a venv); null: one that has what the framework requires is looked for.</summary>
    public string? Interpreter { get; init; }

    /// <summary>How many replicas run. Default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Batches one replica computes at the same time. Default 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Threads that one batch may use inside the framework. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Keep it running though no plain call goes to it: for instant rollback and for calls that name the version. Default false.</summary>
    public bool Standby { get; init; }

    /// <summary>False: a batch that may have reached a container is never sent again. Default true (executed at most twice).</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>How long a replica may take from its start until it is ready. Default 60 s.</summary>
    public TimeSpan StartupTimeout { get; init; } = DefaultStartupTimeout;

    /// <summary>Requests that may wait; one more is answered with 429. Default 4096.</summary>
    public int QueueCapacity { get; init; } = DefaultQueueCapacity;

    /// <summary>How requests are batched.</summary>
    public BatchingSpec Batching { get; init; } = new();

    /// <summary>Whether and how long answers are kept.</summary>
    public CacheSpec Cache { get; init; } = new();
}

/// <summary>What one container may use at most; null: no limit. Only a runtime with isolation (docker) can hold it to that.</summary>
public sealed record ResourcesSpec
{
    /// <summary>Processors, such as 1.5.</summary>
    public double? Cpus { get; init; }

    /// <summary>Bytes of memory; there is no swap beyond it.</summary>
    public long? Memory { get; init; }

    /// <summary>Processes and threads.</summary>
    public int? Pids { get; init; }

    /// <summary>GPUs that it is given.</summary>
    public int? Gpus { get; init; }
}

/// <summary>Names an artefact: a local path before it was uploaded, a digest after.</summary>
public sealed record ArtefactSpec
{
    /// <summary>Path of a file or folder on the machine of whoever wrote the spec; the server never opens it.</summary>
    public string? Path { get; init; }

    /// <summary><c>sha256:</c> and 64 hex digits, in the artefact store.</summary>
    public string? Digest { get; init; }
}

/// <summary>How the requests of one model version are batched.</summary>
public sealed record BatchingSpec
{
    /// <summary>Default of <see cref="Policy"/>.</summary>
    public const string DefaultPolicy = "deferred";

    /// <summary>Default of <see cref="MaxSize"/>, rows.</summary>
    public const int DefaultMaxSize = 1024;

    /// <summary>Default of <see cref="MaxBytes"/>.</summary>
    public const int DefaultMaxBytes = 8 * 1024 * 1024;

    /// <summary><c>none</c>, <c>fixed</c>, <c>aimd</c>, <c>quantile</c> or <c>deferred</c>. Default <c>deferred</c>.</summary>
    public string Policy { get; init; } = DefaultPolicy;

    /// <summary>Most rows in one batch. Default 1024.</summary>
    public int MaxSize { get; init; } = DefaultMaxSize;

    /// <summary>Most bytes of tensor data in one batch. Default 8 MiB.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>How long a batch that is not full may wait for more (delayed batching, Clipper section 4.3.2); <c>deferred</c> decides by itself and <c>none</c> never waits. Default 0.</summary>
    public TimeSpan Delay { get; init; }
}

/// <summary>Whether and how long answers of a model version are kept.</summary>
public sealed record CacheSpec
{
    /// <summary>Default of <see cref="Ttl"/>.</summary>
    public static readonly TimeSpan DefaultTtl = TimeSpan.FromMinutes(10);

    /// <summary>False for a model whose answer to equal inputs may differ. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How long an answer may be given again. Default 10 min.</summary>
    public TimeSpan Ttl { get; init; } = DefaultTtl;

    /// <summary>How long after <see cref="Ttl"/> an answer is still given while the model is asked again behind it. Default 0: never.</summary>
    public TimeSpan StaleFor { get; init; }

    /// <summary>Whether answers are shared through Redis, if the orchestrator has one; false keeps them in its process. Default true.</summary>
    public bool Shared { get; init; } = true;

    /// <summary>Whether equal questions that reach several frontends at once are computed by one of them, for models that cost more than a wait for the other. Needs <see cref="Shared"/>. Default false.</summary>
    public bool SingleFlight { get; init; }
}
