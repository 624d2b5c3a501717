using System.CommandLine;
using Orchestrator.Cli.Commands;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class CommandTreeTests
{
    private static readonly CliContext Context = new() { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Environment = _ => null };

    public static TheoryData<string> Paths => [.. All(Root.Create(Context, out _), "").Select(c => c.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Command_Everywhere_HasHelpAndOutput(string path)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, [.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldContain("--output");
        run.Out.ShouldContain("--admin");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Command_Everywhere_DescribesItselfAndItsArguments(string path)
    {
        var command = All(Root.Create(Context, out _), "").Single(c => c.Path == path).Command;
        command.Description.ShouldNotBeNullOrWhiteSpace();
        command.Arguments.ShouldAllBe(a => !string.IsNullOrWhiteSpace(a.Description));
        command.Options.ShouldAllBe(o => !string.IsNullOrWhiteSpace(o.Description) || o.Name == "--help" || o.Name == "--version");
    }

    [Theory]
    [InlineData("up", "a model that the file names goes back to what the file says")]
    [InlineData("model rollback", "rolling back again goes forth again")]
    public async Task Help_OfWhatMaySurprise_SaysSo(string path, string expected)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, [.. path.Split(' '), "--help"]);
        string.Join(' ', run.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ShouldContain(expected);
    }

    [Theory]
    [InlineData("model deplyo x", " model: 'deplyo' is not known here (did you mean 'deploy'?)\nSee: ")]
    [InlineData("model delete x", " model: 'delete' is not known here (did you mean 'remove'?)\nSee: ")]
    [InlineData("app ls --all x", " app: 'ls' is not known here (did you mean 'list'?)\nSee: ")]
    [InlineData("status --wacth", "(did you mean '--watch'?)")]
    [InlineData("app create a --model m --slo 5", "expected a duration such as 250us")]
    [InlineData("up --url-port 70000", "expected a port from 1 to 65535, got '70000'")]
    [InlineData("up --runtime dokcer", "--runtime: expected process or docker, got 'dokcer' (did you mean 'docker'?).")]
    [InlineData("model scale m x", "expected a whole number, got 'x'.")]
    [InlineData("model deploy m --version 1 --framework noop --cpus x", "--cpus: expected a number, got 'x'.")]
    [InlineData("model deploy m --version 1 --framework noop --replicas x", "--replicas: expected a whole number, got 'x'.")]
    [InlineData("app create a --model m=x", "expected MODEL[:VERSION][=WEIGHT]")]
    [InlineData("model deploy m --version 1 --framework noop --option x", "--option: expected NAME=VALUE")]
    [InlineData("status --admin nowhere", "--admin: expected an address such as http://127.0.0.1:1338, got 'nowhere'")]
    [InlineData("predict a no-json", "input: expected JSON")]
    [InlineData("container check http://127.0.0.1:1 --sample /no/such/file", "error: /no/such/file: no such file or folder.")]
    [InlineData("predict a @/no/such/file", "error: input: /no/such/file: no such file or folder.\n")]
    [InlineData("predict a @nofile.json", "error: input: nofile.json: no such file.\n")]
    [InlineData("simulate --profile nofile.json", "error: --profile: nofile.json: no such file.\n")]
    [InlineData("predict a [1,b]", "@FILE or -; 'b' is an invalid start of a value (line 1, byte 4).\n")]
    public async Task CommandLine_ThatIsWrong_EndsWithTwoAndSaysWhatWasExpected(string line, string expected)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, line.Split(' '));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
        run.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Orchestrator_ThatIsNotThere_EndsWithThreeAndSaysHowToStartIt()
    {
        foreach (var line in new[] { "status", "model list", "predict a 1", "events", "logs m:1", "app create a --model m" })
        {
            var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, line.Split(' '));
            run.ExitCode.ShouldBe(3, line);
            run.Error.ShouldContain("Start it with: orch up");
        }
    }

    [Fact]
    public async Task Error_InJson_IsJson()
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "status", "-o", "json");
        run.ExitCode.ShouldBe(3);
        System.Text.Json.JsonDocument.Parse(run.Error).RootElement.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain("Cannot reach");
    }

    [Fact]
    public async Task Mistakes_InJson_HaveTheirPlaces()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "cluster: a\nmodles: []\n", CliRun.Token);
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "up", "-f", file, "-o", "json");
        run.ExitCode.ShouldBe(2);
        var mistake = System.Text.Json.JsonDocument.Parse(run.Error).RootElement.GetProperty("details")[0];
        mistake.GetProperty("path").GetString().ShouldBe("modles");
        mistake.GetProperty("line").GetInt32().ShouldBe(2);
        File.Delete(file);
    }

    [Theory]
    [InlineData("[suggest:8]", "orch mod", "model")]
    [InlineData("[suggest:20]", "orch model deploy --", "--framework")]
    public async Task Suggestions_OfThePrefix_NameWhatMayCome(string directive, string line, string expected)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, directive, line);
        run.Out.ShouldContain(expected);
    }

    [Theory]
    [InlineData("orch logs di", "digits")]
    [InlineData("orch model show ", "digits")]
    [InlineData("orch predict app", "app-of-digits")]
    [InlineData("orch app remove ", "app-of-digits")]
    public async Task Suggestions_OfANameArgument_AskTheOrchestrator(string line, string expected)
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [FakeOrchestrator.Model()], Applications = [FakeOrchestrator.Application("app-of-digits")] };
        (await CliRun.OfAsync(orchestrator, $"[suggest:{line.Length}]", line)).Out.Split('\n').ShouldContain(expected);
        (await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, $"[suggest:{line.Length}]", line)).Out.ShouldNotContain(expected);
    }

    [Theory]
    [InlineData("--help", "  predict <application> <input>  ")]
    [InlineData("--help", "  logs <model>  ")]
    [InlineData("--help", "  bench <application> [<input>]  ")]
    [InlineData("--help", "  completion <shell>  ")]
    [InlineData("logs --help", "  <model>  MODEL or MODEL:VERSION")]
    [InlineData("bench --help", "  [<input>]      What is sent")]
    [InlineData("bench --help", " bench <application> [<input>] [options]")]
    [InlineData("app --help", "  show <name>  ")]
    public async Task Help_WhileAnOrchestratorRuns_ShowsNamesOfArgumentsAndNotWhatExists(string line, string expected)
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [FakeOrchestrator.Model()], Applications = [FakeOrchestrator.Application("app-of-digits")] };
        var run = await CliRun.OfAsync(orchestrator, line.Split(' '));
        run.Out.ShouldContain(expected);
        run.Out.ShouldNotContain("<digits");
        run.Out.ShouldNotContain("app-of-digits");
        orchestrator.Requests.ShouldBeEmpty("help asks nobody");
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _orch_complete orch")]
    [InlineData("zsh", "compdef _orch_complete orch")]
    public async Task Completion_OfAShell_PrintsItsScript(string shell, string expected) =>
        (await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "completion", shell)).Out.ShouldContain(expected);

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path)
    {
        yield return (path, command);
        foreach (var inner in command.Subcommands.SelectMany(c => All(c, $"{path} {c.Name}".Trim())))
        {
            yield return inner;
        }
    }
}
