using System.CommandLine;
using Orchestrator.Cli.Artefacts;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch model deploy</c>: a version without a cluster file.</summary>
internal sealed class DeployCommand
{
    private readonly Argument<string> _model = new("model") { Description = "Name of the model; made if it is new." };
    private readonly Option<string> _version = new("--version") { Description = "Name of the version; what it computes can never change under that name.", Required = true, HelpName = "VERSION" };
    private readonly Option<string> _framework = new("--framework") { Description = "Which container serves it: sklearn, onnx, dotnet, noop, or custom with --command or --image.", Required = true, HelpName = "NAME" };
    private readonly Option<string?> _path = new("--path") { Description = "File or folder with the model; uploaded unless the orchestrator has it.", HelpName = "PATH" };
    private readonly Option<string[]> _options = new("--option") { Description = "NAME=VALUE for the framework, such as method=predict_proba; JSON or text; repeatable.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _environment = new("--env") { Description = "NAME=VALUE for the container's environment; repeatable.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _command = new("--command") { Description = "For custom: program and arguments; {python}, {port}, {host}, {artefact}, {model} and {version} are replaced.", HelpName = "WORD", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    private readonly Option<string?> _interpreter = new("--interpreter") { Description = "Python interpreter or virtual environment to run it with.", HelpName = "PATH" };
    private readonly Option<string?> _image = new("--image") { Description = "Under docker: the image its containers are made from; it may hold the model, --path can be left out then.", HelpName = "IMAGE" };
    private readonly Option<double?> _cpus = new("--cpus") { Description = "Under docker: processors one container may use, such as 1.5.", HelpName = "N" };
    private readonly Option<string?> _memory = SpecOptions.Size("--memory", "Under docker: memory one container may use, such as 512MiB.");
    private readonly Option<int?> _pids = new("--pids") { Description = "Under docker: processes and threads one container may have.", HelpName = "N" };
    private readonly Option<int?> _gpus = new("--gpus") { Description = "Under docker: GPUs one container is given.", HelpName = "N" };
    private readonly Option<int> _replicas = Number("--replicas", "How many replicas run.", 1);
    private readonly Option<int> _concurrency = Number("--concurrency", "Batches one replica computes at the same time.", 1);
    private readonly Option<int> _threads = Number("--threads", "Threads that one batch may use.", 1);
    private readonly Option<string> _batching = new("--batching") { Description = "How requests are batched: none, fixed, aimd or quantile.", DefaultValueFactory = _ => BatchingSpec.DefaultPolicy, HelpName = "POLICY" };
    private readonly Option<int> _maxBatch = Number("--max-batch", "Most rows in one batch.", BatchingSpec.DefaultMaxSize);
    private readonly Option<Duration> _batchDelay = SpecOptions.Duration("--batch-delay", "How long a batch that is not full may wait for more.", TimeSpan.Zero);
    private readonly Option<int> _queue = Number("--queue", "Requests that may wait.", ModelVersionSpec.DefaultQueueCapacity);
    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Equal inputs may have different answers: keep none." };
    private readonly Option<Duration> _cacheTtl = SpecOptions.Duration("--cache-ttl", "How long an answer may be given again.", CacheSpec.DefaultTtl);
    private readonly Option<Duration> _startupTimeout = SpecOptions.Duration("--startup-timeout", "How long a replica may take until it is ready.", ModelVersionSpec.DefaultStartupTimeout);
    private readonly Option<bool> _standby = new("--standby") { Description = "Keep it running when another version is current." };
    private readonly Option<bool> _notIdempotent = new("--not-idempotent") { Description = "Never send a batch a second time that may have reached a container." };
    private readonly Option<bool> _notCurrent = new("--not-current") { Description = "Only add the version; plain calls stay with the current one." };
    private readonly WaitOptions _wait = new();

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var deploy = new DeployCommand();
        var command = new Command("deploy", "Deploy a version of a model and make it current: orch model deploy digits --version 3 --framework sklearn --path model.pkl").With(
            deploy._model, deploy._version, deploy._framework, deploy._path, deploy._options, deploy._environment, deploy._command, deploy._interpreter, deploy._image, deploy._cpus, deploy._memory, deploy._pids, deploy._gpus, deploy._replicas,
            deploy._concurrency, deploy._threads, deploy._batching, deploy._maxBatch, deploy._batchDelay, deploy._queue, deploy._noCache, deploy._cacheTtl, deploy._startupTimeout,
            deploy._standby, deploy._notIdempotent, deploy._notCurrent);
        return deploy._wait.AddTo(command).Runs(context, globals, deploy.RunAsync);
    }

    private async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken stop)
    {
        var model = parsed.GetRequiredValue(_model);
        var isCurrent = !parsed.GetValue(_notCurrent);
        var spec = await new ArtefactUploader(session.Admin, session.Printer).ResolveAsync(ReadSpec(parsed), Directory.GetCurrentDirectory(), stop);
        var result = await session.Admin.DeployAsync(model, new DeployRequest(spec, isCurrent), stop)
            .NamingOptionsAsync(session.Admin, parsed.CommandResult.Command, new EditedThing(model, spec.Version), stop);
        if (isCurrent)
        {
            await _wait.FinishAsync(session, parsed, result, WaitTarget.Model(model), stop);
        }
        else
        {
            await WaitOptions.PrintAsync(session, result);
        }

        return ExitCodes.Ok;
    }

    private ModelVersionSpec ReadSpec(ParseResult parsed) => new()
    {
        Version = parsed.GetRequiredValue(_version),
        Framework = parsed.GetRequiredValue(_framework),
        Artefact = parsed.GetValue(_path) is { } path ? new ArtefactSpec { Path = path } : null,
        Options = SpecOptions.Pairs(_options.Name, parsed.GetValue(_options) ?? [], SpecOptions.Json),
        Environment = SpecOptions.Pairs(_environment.Name, parsed.GetValue(_environment) ?? [], v => v),
        Command = parsed.GetValue(_command) ?? [],
        Interpreter = Locate(parsed.GetValue(_interpreter)),
        Image = parsed.GetValue(_image),
        Resources = ReadResources(parsed),
        Replicas = parsed.GetValue(_replicas),
        Concurrency = parsed.GetValue(_concurrency),
        Threads = parsed.GetValue(_threads),
        Batching = new BatchingSpec { Policy = parsed.GetRequiredValue(_batching), MaxSize = parsed.GetValue(_maxBatch), Delay = parsed.GetValue(_batchDelay).Value },
        QueueCapacity = parsed.GetValue(_queue),
        Cache = new CacheSpec { Enabled = !parsed.GetValue(_noCache), Ttl = parsed.GetValue(_cacheTtl).Value },
        StartupTimeout = parsed.GetValue(_startupTimeout).Value,
        Standby = parsed.GetValue(_standby),
        Idempotent = !parsed.GetValue(_notIdempotent),
    };

    // As in a cluster file: a bare word is a program of the PATH, unless it lies here.
    private static string? Locate(string? interpreter) =>
        interpreter is not null && (interpreter.Contains('/', StringComparison.Ordinal) || Path.Exists(interpreter)) ? Path.GetFullPath(interpreter) : interpreter;

    private ResourcesSpec? ReadResources(ParseResult parsed)
    {
        var memory = ByteSizes.TryParse(parsed.GetValue(_memory), out var bytes) ? bytes : (long?)null;
        var resources = new ResourcesSpec { Cpus = parsed.GetValue(_cpus), Memory = memory, Pids = parsed.GetValue(_pids), Gpus = parsed.GetValue(_gpus) };
        return resources == new ResourcesSpec() ? null : resources;
    }

    private static Option<int> Number(string name, string description, int usual) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
}
