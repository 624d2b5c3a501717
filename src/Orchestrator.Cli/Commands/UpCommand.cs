using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch up</c>: the orchestrator, or a part of it, in the foreground.</summary>
internal sealed class UpCommand
{
    private const string RedisVariable = "ORCHESTRATOR_REDIS";
    private const string Loopback = "127.0.0.1";
    private const int DefaultUrlPort = 1337;
    private const int DefaultAdminPort = 1338;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly Option<string?> _file = ApplyCommand.FileOption(isRequired: false, "The cluster file (YAML); a model that the file names goes back to what the file says, whatever was deployed by hand.");
    private readonly Option<bool> _prune = new("--prune") { Description = "Remove models and applications that the file does not name, as orch apply does; without it they stay." };
    private readonly Option<string?> _state = new("--state") { Description = "Folder of the registry, artefacts and logs; by default .orchestrator, of a frontend or gateway a folder in it.", HelpName = "DIR" };
    private readonly Option<int> _urlPort = Port("--url-port", "Port for predictions.", DefaultUrlPort);
    private readonly Option<int> _adminPort = Port("--admin-port", "Port of the admin API.", DefaultAdminPort);
    private readonly Option<string?> _containers = new("--containers") { Description = "Folder with one folder per framework; by default the one beside orch.", HelpName = "DIR" };
    private readonly Option<string?> _runtime = new("--runtime") { Description = "Where containers run: process or docker; by default what the file says, else process.", HelpName = "NAME", Validators = { SpecOptions.OneOf("process", "docker") } };
    private readonly Option<string?> _redis = new("--redis") { Description = "Redis for the registry and shared answers; by default what ORCHESTRATOR_REDIS says, else the file.", HelpName = "HOST:PORT" };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Print everything the orchestrator logs, not only warnings." };
    private readonly Option<Duration> _timeout = SpecOptions.Duration("--timeout", "How long progress is shown until everything is ready, at most; the orchestrator stays up after it.", TimeSpan.FromMinutes(5));
    private readonly Option<string?> _readyFile = new("--ready-file") { Description = "Write the address for predictions into that file once everything is ready; for scripts that wait.", HelpName = "FILE" };
    private readonly UpRole _role;
    private readonly CliContext _context;
    private readonly GlobalOptions _globals;

    private UpCommand(CliContext context, GlobalOptions globals)
    {
        _context = context;
        _role = new UpRole(context);
        _globals = globals;
    }

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var up = new UpCommand(context, globals);
        var command = new Command("up", "Run the orchestrator here, apply a cluster file, show progress until everything is ready, and stay until Ctrl-C.").With(
            up._file, up._prune, up._state, up._urlPort, up._adminPort, up._containers, up._runtime, up._redis, up._verbose, up._timeout, up._readyFile).With(up._role.Options);
        command.SetAction(up.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        var admin = new Uri($"http://{Loopback}:{parsed.GetValue(_adminPort)}/");
        using var session = new Session(_context, _globals, parsed, admin);
        if (parsed.GetValue(_urlPort) == parsed.GetValue(_adminPort))
        {
            throw new CliException(ExitCodes.Invalid, "--url-port and --admin-port: expected two different ports.");
        }

        var containers = parsed.GetValue(_containers) ?? FrameworkCatalog.FindFolder(AppContext.BaseDirectory);
        var runtime = parsed.GetValue(_runtime);
        string[] redis = parsed.GetValue(_redis) is { } endpoints ? ["--redis", endpoints] : [];
        if (parsed.GetValue(_file) is { } file)
        {
            // Before anything is started: a mistake in the file is said at once.
            var (read, spec) = ClusterFileLoader.Require(file, ClusterFileLoader.FrameworksIn(containers));
            runtime ??= spec.Runtime;
            redis = redis.Length > 0 || _context.Environment(RedisVariable) is not null ? redis : RedisArguments(read.Redis);
        }

        string[] aboutModels = [.. new Option[] { _file, _prune, _redis, _runtime }.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(o => o.Name)];
        _role.Require(parsed, aboutModels, redis.Length > 0 || _context.Environment(RedisVariable) is not null);
        if (await session.Admin.AnswersAsync(stop))
        {
            throw new CliException(ExitCodes.Failed, $"Something answers at {admin} already. If it is an orchestrator, use it: orch status, orch apply -f FILE; else choose other ports: --admin-port, --url-port.");
        }

        // Before the log is opened, which moves that of the orchestrator before out of the way.
        var state = StateFolder(parsed);
        StateFolderProbe.RequireFree(state);
        var program = HostProgramFinder.Find(AppContext.BaseDirectory, _context.Environment);
        await using var log = new HostLog(Path.Combine(state, "host.log"), _context.Error, showAll: parsed.GetValue(_verbose));
        using var host = await HostProcess.StartAsync(HostProgramFinder.Wrap(program, [.. Arguments(parsed, containers), .. RuntimeArguments(runtime), .. redis, .. _role.Arguments(parsed)]), log);
        var signals = 0;
        using var second = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1)
            {
                host.Kill();
            }
        });
        return await FollowAsync(session, parsed, host, log, stop);
    }

    /// <summary>Whatever happens, the host has ended when this returns.</summary>
    private async Task<int> FollowAsync(Session session, ParseResult parsed, HostProcess host, HostLog log, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var start = StartAsync(session, parsed, log, ended.Token);
        try
        {
            // Ends early when the host does: nothing that waits for its answers would ever go on.
            if (await Task.WhenAny(start, host.Exited) == host.Exited)
            {
                await ended.CancelAsync();
                await start.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return await ExplainEndAsync(session, await host.Exited, log);
            }

            await start;
            await host.Exited.WaitAsync(stop);
            return await ExplainEndAsync(session, await host.Exited, log);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await session.Printer.NoteAsync("ending: requests in flight are finished, containers drained (Ctrl-C again ends at once)");
            host.Stop();
            return await host.Exited;
        }
        catch (CliException e)
        {
            var hasDied = e.ExitCode == ExitCodes.Unreachable && await Task.WhenAny(host.Exited, Task.Delay(LastWords, session.Context.Time, CancellationToken.None)) == host.Exited;
            host.Stop();
            var code = await host.Exited;
            if (!hasDied)
            {
                throw;
            }

            // That it does not answer is only how its end was noticed.
            return await ExplainEndAsync(session, code, log);
        }
        catch
        {
            host.Stop();
            await host.Exited;
            throw;
        }
    }

    private async Task StartAsync(Session session, ParseResult parsed, HostLog log, CancellationToken stop)
    {
        var began = session.Context.Time.GetTimestamp();
        await session.Printer.NoteAsync("starting the orchestrator");
        while (!await session.Admin.AnswersAsync(stop))
        {
            await Task.Delay(Period, session.Context.Time, stop);
        }

        var revision = 0L;
        if (parsed.GetValue(_file) is { } file && _role.HasStatus(parsed))
        {
            var result = await ApplyCommand.ApplyAsync(session, file, parsed.GetValue(_prune) ? ApplyMode.Whole : ApplyMode.KeepOthers, stop);
            revision = result.Revision;
            foreach (var change in result.Changes)
            {
                await session.Printer.NoteAsync(change);
            }
        }

        log.Hold();
        try
        {
            // A control plane without a file may be one that stands by: it knows no status.
            var isStatusAsked = _role.IsAll(parsed) || revision > 0;
            var limit = parsed.GetValue(_timeout).Value;
            await (isStatusAsked ? session.Waiter.WaitAsync(revision, WaitTarget.Everything, limit, stop) : new ReadinessWaiter(session.Admin, session.Printer, session.Context.Time).WaitAsync(limit, stop));
            var took = session.Context.Time.GetElapsedTime(began);
            await session.Printer.NoteAsync($"{(_role.IsAll(parsed) ? "everything is" : "it is")} ready after {Sizes.Format(took)}");
            await WriteReadyFileAsync(parsed, stop);
        }
        catch (CliException e) when (e.ExitCode is ExitCodes.Failed or ExitCodes.TimedOut)
        {
            // The rest serves; a corrected file can be applied to the running orchestrator.
            await session.Printer.ErrorAsync(e.Message, e.Details, e.SpecErrors);
            await session.Printer.NoteAsync(_role.HasStatus(parsed) ? "the orchestrator stays up; correct the file and run: orch apply -f FILE" : "it stays up, and goes on by itself once nothing is in its way");
        }
        finally
        {
            await log.ReleaseAsync();
        }

        await PrintAddressesAsync(session, parsed, log, stop);
    }

    private async Task PrintAddressesAsync(Session session, ParseResult parsed, HostLog log, CancellationToken stop)
    {
        if (!_role.IsAll(parsed))
        {
            await _role.PrintAsync(session.Printer, parsed, QueryAddress(parsed), session.Admin.Address, log.Path);
            return;
        }

        var status = await session.Admin.StatusAsync(stop);
        var query = QueryAddress(parsed);
        var urlOption = parsed.GetValue(_urlPort) == DefaultUrlPort ? "" : $" --url {query}";
        var adminOption = parsed.GetValue(_adminPort) == DefaultAdminPort ? "" : $" --admin {session.Admin.Address.ToString().TrimEnd('/')}";
        await session.Printer.ResultAsync(status, j => j.ClusterStatus, async () =>
        {
            var list = new AddressList();
            foreach (var name in status.Applications.Select(a => a.Spec.Name))
            {
                list.Add(name, $"POST {query}/{name}/predict", $"orch predict {name} INPUT{urlOption}");
            }

            list.Add("models", $"{query}/v2/models/MODEL/infer", "(Open Inference Protocol)");
            list.Add("admin", session.Admin.Address.ToString(), $"orch status --watch{adminOption}, orch logs MODEL -f{adminOption}");
            list.Add("log", log.Path);
            foreach (var line in list.Lines().Append("Ctrl-C ends everything."))
            {
                await session.Printer.LineAsync(line);
            }
        });
    }

    private async Task WriteReadyFileAsync(ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(_readyFile) is not { } path)
        {
            return;
        }

        try
        {
            await File.WriteAllTextAsync(path, QueryAddress(parsed) + "\n", stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"--ready-file: {path}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }

    private string QueryAddress(ParseResult parsed) => string.Create(CultureInfo.InvariantCulture, $"http://{Loopback}:{parsed.GetValue(_urlPort)}");

    private static async Task<int> ExplainEndAsync(Session session, int code, HostLog log)
    {
        if (code != ExitCodes.Ok && log.Fatal is { } reason)
        {
            await session.Printer.ErrorAsync($"the orchestrator ended: {reason}", [$"its log: {log.Path}"]);
        }
        else if (code != ExitCodes.Ok)
        {
            await session.Printer.ErrorAsync($"the orchestrator ended with code {code}; its last words (all of them in {log.Path}):", log.Last);
        }

        return code;
    }

    private string[] Arguments(ParseResult parsed, string? containers)
    {
        string[] arguments =
        [
            "--query-port", Text(parsed.GetValue(_urlPort)), "--admin-port", Text(parsed.GetValue(_adminPort)), "--state", StateFolder(parsed),
        ];
        return containers is null ? arguments : [.. arguments, "--containers", containers];
    }

    private string StateFolder(ParseResult parsed) => parsed.GetValue(_state) ?? _role.StateFolder(parsed, parsed.GetValue(_urlPort));

    private static string[] RuntimeArguments(string? runtime) => runtime is null ? [] : ["--runtime", runtime];

    // The address as a whole or not at all: TLS or a prefix of the file would make no sense with another Redis.
    private static string[] RedisArguments(RedisSettings? redis) => redis is null
        ? []
        :
        [
            "--redis", redis.Endpoints,
            .. redis.Tls is { } tls ? ["--redis-tls", tls ? "true" : "false"] : (string[])[],
            .. redis.Prefix is { } prefix ? ["--redis-prefix", prefix] : (string[])[],
            .. redis.PasswordFile is { } file ? ["--redis-password-file", file] : (string[])[],
        ];

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Option<int> Port(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "PORT" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535))
            {
                result.AddError($"{name}: expected a port from 1 to 65535, got '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }
}
