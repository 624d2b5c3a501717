using Orchestrator.Core.Runtime;
using Orchestrator.Processes.Launching;

namespace Orchestrator.Processes.Tests.Launching;

public sealed class PythonFinderTests : IDisposable
{
    private readonly string _folder = RuntimeFixture.NewFolder();
    private readonly PythonFinder _finder = new(new RunIdentity("run", "state"), TimeProvider.System);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Find_WhenTheFirstOnThePathLacksAModule_TakesAnother()
    {
        var poor = Fake("poor", "printf '\\n!lacks json\\n!python 3.0\\n'");
        var found = await _finder.FindAsync(null, ["json"], poor, RuntimeFixture.Token);
        found.ShouldNotStartWith(_folder);
    }

    [Fact]
    public async Task Find_OfAModuleNobodyHas_SaysWhoWasTriedAndTheRemedy()
    {
        var poor = Fake("poor", "echo boom >&2; exit 9");
        var error = await Should.ThrowAsync<ContainerStartException>(() => _finder.FindAsync(null, ["json", "sklearn_no_such"], poor, RuntimeFixture.Token));
        error.Message.ShouldContain($"{poor}/python3: ended with code 9: boom");
        error.Message.ShouldContain("python3: lacks sklearn_no_such");
        error.Message.ShouldContain("apt-get install");
    }

    [Fact]
    public async Task Find_WithAVirtualEnvironment_TakesItsInterpreter()
    {
        var bin = Fake("venv/bin", "printf '!python 3.0\\n'", "python");
        (await _finder.FindAsync(Path.GetDirectoryName(bin), ["x"], null, RuntimeFixture.Token)).ShouldBe(Path.Combine(bin, "python"));
    }

    [Fact]
    public async Task Find_WithAChosenInterpreterThatIsMissing_SaysSo()
    {
        var error = await Should.ThrowAsync<ContainerStartException>(() => _finder.FindAsync(_folder, ["x"], null, RuntimeFixture.Token));
        error.Message.ShouldContain($"interpreter '{_folder}' is neither");
    }

    [Fact]
    public async Task Find_Again_ChecksOnceWhenItWasGoodAndAnewWhenItWasNot()
    {
        var marker = Path.Combine(_folder, "marker");
        var log = Path.Combine(_folder, "calls");
        var bin = Fake("v/bin", $"echo x >> {log}; [ -e {marker} ] || printf '\\n!lacks y\\n'; printf '\\n!python 3.0\\n'", "python");
        await Should.ThrowAsync<ContainerStartException>(() => _finder.FindAsync(Path.GetDirectoryName(bin), ["y"], null, RuntimeFixture.Token));
        await File.WriteAllTextAsync(marker, "", RuntimeFixture.Token);
        for (var i = 0; i < 3; i++)
        {
            await _finder.FindAsync(Path.GetDirectoryName(bin), ["y"], null, RuntimeFixture.Token);
        }

        (await File.ReadAllLinesAsync(log, RuntimeFixture.Token)).Length.ShouldBe(2);
    }

    private string Fake(string folder, string script, string name = "python3")
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName;
        var file = Path.Combine(path, name);
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException();
        }

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
