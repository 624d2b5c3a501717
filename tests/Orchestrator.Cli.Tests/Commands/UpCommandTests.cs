using System.Globalization;
using Orchestrator.Core.Registry;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class UpCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch-cli-");
    private string? _variable;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Up_WhenTheHostEndsAtOnce_SaysItsReasonOnceAndPassesItsCodeOn()
    {
        var run = await UpAsync("echo before >&2; echo \"FATAL: port taken by $1 $2\" >&2; exit 7", CliRun.Token);
        run.ExitCode.ShouldBe(7);
        var log = Path.Combine(_folder.FullName, "state", "host.log");
        run.Error.ShouldBe($"starting the orchestrator\nerror: the orchestrator ended: port taken by --query-port 1337\n  its log: {log}\n");
        (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "state", "host.log"), CliRun.Token)).ShouldContain("FATAL: port taken");
    }

    [Fact]
    public async Task Up_WhenTheHostEndsWithoutAReason_SaysItsLastWords()
    {
        var run = await UpAsync("echo strange >&2; exit 7", CliRun.Token);
        run.ExitCode.ShouldBe(7);
        run.Error.ShouldContain("the orchestrator ended with code 7");
        run.Error.ShouldContain("  strange");
    }

    [Theory]
    [InlineData("/proc/nowhere")]
    [InlineData("/etc/hostname")]
    public async Task Up_WithAStateFolderThatCannotBeMade_SaysSo(string folder)
    {
        var run = await UpAsync("exit 7", CliRun.Token, arguments: ["--state", folder]);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"{folder}/host.log: cannot be written");
        run.Error.ShouldContain("Choose another folder with --state.");
    }

    [Fact]
    public async Task Up_OnAStateFolderInUse_SaysByWhomAndLeavesItsLogAlone()
    {
        var state = Path.Combine(_folder.FullName, "state");
        var registry = Directory.CreateDirectory(Path.Combine(state, RegistryLock.Folder)).FullName;
        var log = Path.Combine(state, "host.log");
        await File.WriteAllTextAsync(log, "of the one that runs", CliRun.Token);
        await File.WriteAllTextAsync(Path.Combine(registry, RegistryLock.HolderFileName), "4711", CliRun.Token);
        var marker = Path.Combine(_folder.FullName, "started");
        await using (new FileStream(Path.Combine(registry, RegistryLock.FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            var run = await UpAsync($"touch {marker}", CliRun.Token);
            run.ExitCode.ShouldBe(1);
            run.Error.ShouldContain($"{state}: is in use by another orchestrator (process 4711).");
        }

        File.Exists(marker).ShouldBeFalse();
        (await File.ReadAllTextAsync(log, CliRun.Token)).ShouldBe("of the one that runs");
        File.Exists(log + ".1").ShouldBeFalse();
        (await UpAsync("exit 7", CliRun.Token)).ExitCode.ShouldBe(7, "free again, it starts");
        File.Exists(log + ".1").ShouldBeTrue();
    }

    [Fact]
    public async Task Up_WithOnePortForBoth_IsAMistake()
    {
        var run = await UpAsync("exit 7", CliRun.Token, adminPort: 1337);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("--url-port and --admin-port: expected two different ports.");
    }

    [Fact]
    public async Task Up_Interrupted_AsksTheHostToEndAndWaitsForIt()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(CliRun.Token);
        var pidFile = Path.Combine(_folder.FullName, "pid");
        var up = UpAsync($"trap 'echo drained; exit 0' TERM; echo $$ > {pidFile}.new; mv {pidFile}.new {pidFile}; while :; do sleep 0.05; done", stop.Token);
        while (!File.Exists(pidFile))
        {
            up.IsCompleted.ShouldBeFalse();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CliRun.Token);
        }

        var pid = int.Parse(await File.ReadAllTextAsync(pidFile, CliRun.Token), CultureInfo.InvariantCulture);
        await stop.CancelAsync();
        var run = await up;
        run.ExitCode.ShouldBe(0);
        (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "state", "host.log"), CliRun.Token)).ShouldContain("drained");
        Directory.Exists($"/proc/{pid}").ShouldBeFalse();
    }

    [Fact]
    public async Task Up_WhereSomethingAnswersAlready_StartsNothing()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var marker = Path.Combine(_folder.FullName, "started");
        var run = await UpAsync($"touch {marker}", CliRun.Token, orchestrator.Address.Port);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("Something answers at");
        File.Exists(marker).ShouldBeFalse();
    }

    [Fact]
    public async Task Up_WithAnInvalidFile_StartsNothing()
    {
        var marker = Path.Combine(_folder.FullName, "started");
        var run = await UpAsync($"touch {marker}", CliRun.Token, arguments: ["-f", "/no/such/cluster.yaml"]);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("/no/such/cluster.yaml");
        File.Exists(marker).ShouldBeFalse();
    }

    [Theory]
    [InlineData("redis: 127.0.0.1:6380", null, null, "--redis 127.0.0.1:6380")]
    [InlineData("redis: { endpoints: 'a:1,b', tls: true, prefix: 'p:', passwordFile: /secret }", null, null, "--redis a:1,b --redis-tls true --redis-prefix p: --redis-password-file /secret")]
    [InlineData("redis: { endpoints: a, tls: true }", "other:1", null, "--redis other:1")]
    [InlineData("redis: { endpoints: a, tls: true }", null, "of-environment:1", "")]
    [InlineData("cluster: c", "other:1", null, "--redis other:1")]
    public async Task Up_WithRedisInTheFile_GivesItToTheHost_UnlessOptionOrEnvironmentSayOtherwise(string yaml, string? option, string? variable, string expected)
    {
        var file = Path.Combine(_folder.FullName, "cluster.yaml");
        await File.WriteAllTextAsync(file, yaml, CliRun.Token);
        var seen = Path.Combine(_folder.FullName, "arguments");
        _variable = variable;
        await UpAsync($"echo \"$@\" > {seen}; exit 7", CliRun.Token, arguments: ["-f", file, .. option is null ? (string[])[] : ["--redis", option]]);
        var given = (await File.ReadAllTextAsync(seen, CliRun.Token)).Trim();
        given[(given.IndexOf("--runtime process", StringComparison.Ordinal) + "--runtime process".Length)..].Trim().ShouldBe(expected);
    }

    [Theory]
    [InlineData("--role gateway --frontends http://a:1,b:2", "--role gateway --frontends http://a:1,b:2")]
    [InlineData("--role frontend --redis r:1 --url-port 1340", "--redis r:1 --role frontend")]
    [InlineData("--role control --redis r:1", "--redis r:1 --role control")]
    public async Task Up_WithARole_GivesItToTheHost(string arguments, string expected)
    {
        var seen = Path.Combine(_folder.FullName, "arguments");
        await UpAsync($"echo \"$@\" > {seen}; exit 7", CliRun.Token, arguments: arguments.Split(' '));
        (await File.ReadAllTextAsync(seen, CliRun.Token)).Trim().ShouldEndWith(expected);
    }

    [Theory]
    [InlineData("--role gate", "--role: expected all or control or frontend or gateway, got 'gate'")]
    [InlineData("--role gateway", "--role gateway: expected --frontends http://HOST:PORT,...")]
    [InlineData("--role gateway --frontends a:1 --redis r:1", "it has no models and needs no Redis; expected --frontends alone, got --redis.")]
    [InlineData("--frontends a:1", "--frontends: only a gateway balances over frontends; expected --role gateway, got all.")]
    [InlineData("--role frontend", "--role frontend: control plane and frontends in different processes meet in Redis; expected redis: in the file, --redis HOST:PORT or ORCHESTRATOR_REDIS.")]
    [InlineData("--role control", "--role control: control plane and frontends in different processes meet in Redis")]
    public async Task Up_WithARoleThatDoesNotGoWithTheRest_SaysWhatWasExpected_AndStartsNothing(string arguments, string expected)
    {
        var marker = Path.Combine(_folder.FullName, "started");
        var run = await UpAsync($"touch {marker}", CliRun.Token, arguments: arguments.Split(' '));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
        File.Exists(marker).ShouldBeFalse();
    }

    private async Task<CliRun> UpAsync(string script, CancellationToken stop, int? adminPort = null, params string[] arguments)
    {
        var program = Path.Combine(_folder.FullName, "host");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{script}\n", CliRun.Token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new CliContext { In = TextReader.Null, Out = output, Error = TextWriter.Synchronized(error), Environment = n => n switch { "ORCHESTRATOR_HOST_PROGRAM" => program, "ORCHESTRATOR_REDIS" => _variable, _ => null } };
        var port = (adminPort ?? FreePort()).ToString(CultureInfo.InvariantCulture);
        var code = await CliProgram.RunAsync(["up", .. State(arguments), "--admin-port", port, .. arguments], context, stop);
        return new CliRun(code, output.ToString(), error.ToString());
    }

    private string[] State(string[] arguments) => arguments.Contains("--state") ? [] : ["--state", Path.Combine(_folder.FullName, "state")];

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
