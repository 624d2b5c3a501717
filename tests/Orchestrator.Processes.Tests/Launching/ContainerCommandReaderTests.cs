using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Tests.Launching;

public sealed class ContainerCommandReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(RuntimeFixture.NewFolder(), "containers", "f")).FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string Root => Path.GetFullPath(Path.Combine(_folder, "..", ".."));

    [Fact]
    public async Task Start_WithAManifest_FillsInFolderAndInterpreter()
    {
        var lines = await RunAsync(Manifest() with
        {
            Command = ["{python}", "-c", "import os, sys; print(sys.argv[1], os.environ['WHERE'])", "{folder}/main.py"],
            Environment = new Dictionary<string, string> { ["WHERE"] = "{folder}/../sdk" },
            Requires = new Dictionary<string, IReadOnlyList<string>> { ["python"] = ["json"] },
        });
        lines.ShouldBe([$"{_folder}/main.py {_folder}/../sdk"]);
    }

    [Fact]
    public async Task Start_OfAContainerOfOnesOwn_PrefersAPythonThatHasWhatTheSdkNeeds()
    {
        var poor = Path.Combine(_folder, "python3");
        await File.WriteAllTextAsync(poor, "#!/bin/sh\nprintf '\\n!lacks numpy\\n!python 3.0\\n'\n", RuntimeFixture.Token);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(poor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await using var fixture = new RuntimeFixture([]);
        var spec = new ModelVersionSpec
        {
            Version = "1", Framework = FrameworkCatalog.Custom, Command = ["/bin/echo", "{python}"], Environment = new Dictionary<string, string> { ["PATH"] = _folder },
        };
        var info = await fixture.StartAsync(fixture.Launch(spec));
        var lines = await fixture.Runtime.ReadLogAsync(info.ContainerId, 100, follow: true, RuntimeFixture.Token).ToListAsync(RuntimeFixture.Token);
        lines.Single().ShouldEndWith("/python3");
        lines.Single().ShouldNotBe(poor);
    }

    [Fact]
    public async Task Start_WithoutTheNodeModules_SaysHowToGetThem()
    {
        var error = await Should.ThrowAsync<ContainerStartException>(() => RunAsync(Manifest() with
        {
            Command = ["echo"], Requires = new Dictionary<string, IReadOnlyList<string>> { ["node"] = ["onnxruntime-node"] }, Setup = ["npm", "ci", "--ignore-scripts"],
        }));
        error.Message.ShouldContain("lacks onnxruntime-node");
        error.Message.ShouldContain($"Run: cd {_folder} && npm ci --ignore-scripts");
    }

    [Fact]
    public async Task Start_OfAProject_TakesItsNewestBuild()
    {
        var manifest = Manifest() with { Command = ["echo", "{output}/X.dll"], Project = "X.csproj" };
        (await Should.ThrowAsync<ContainerStartException>(() => RunAsync(manifest))).Message.ShouldContain($"dotnet build -c Release {_folder}/X.csproj");
        Build("release", new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var debug = Build("debug", new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc));
        (await RunAsync(manifest)).ShouldBe([$"{debug}/X.dll"]);
    }

    [Fact]
    public async Task Start_OfAProjectBuiltWithoutItsProgram_SaysHowToBuildIt()
    {
        var manifest = Manifest() with { Command = ["echo", "{output}/program.dll"], Project = "X.csproj", Setup = ["dotnet", "build", "-p:Program=true"] };
        Build("release", new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var error = await Should.ThrowAsync<ContainerStartException>(() => RunAsync(manifest));

        error.Message.ShouldContain($"is not built (its program is neither in {Root}/artifacts/bin/X nor in {_folder}/bin). Run: dotnet build -p:Program=true {_folder}/X.csproj");
    }

    private string Build(string configuration, DateTime at)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, "artifacts", "bin", "X", configuration)).FullName;
        File.WriteAllText(Path.Combine(folder, "X.dll"), "");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "X.dll"), at);
        return folder;
    }

    private ContainerManifest Manifest() => new() { Framework = "f", Command = ["true"], Folder = _folder };

    private static async Task<List<string>> RunAsync(ContainerManifest manifest)
    {
        await using var fixture = new RuntimeFixture([manifest]);
        var info = await fixture.StartAsync(fixture.Launch(new ModelVersionSpec { Version = "1", Framework = "f" }));
        return await fixture.Runtime.ReadLogAsync(info.ContainerId, 100, follow: true, RuntimeFixture.Token).ToListAsync(RuntimeFixture.Token);
    }
}
