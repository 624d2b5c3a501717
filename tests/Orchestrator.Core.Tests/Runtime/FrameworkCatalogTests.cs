using Orchestrator.Core.Runtime;

namespace Orchestrator.Core.Tests.Runtime;

public sealed class FrameworkCatalogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orch-core-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string folder, string json)
    {
        Directory.CreateDirectory(Path.Combine(_root, folder));
        File.WriteAllText(Path.Combine(_root, folder, "container.json"), json);
    }

    [Fact]
    public void Load_Manifests_AreFoundByFramework()
    {
        Write("sklearn", """{"framework":"sklearn","command":["{python}","{folder}/main.py"],"environment":{"PYTHONPATH":"{folder}/../sdk/python"},"requires":{"python":["sklearn"]},"setup":["a","b"],"project":"X.csproj"}""");
        Directory.CreateDirectory(Path.Combine(_root, "sdk"));
        var catalog = FrameworkCatalog.Load(_root);
        catalog.Names.ShouldBe(["custom", "sklearn"]);
        var manifest = catalog.Require("sklearn");
        manifest.Folder.ShouldBe(Path.Combine(_root, "sklearn"));
        manifest.Command.ShouldBe(["{python}", "{folder}/main.py"]);
        manifest.Environment["PYTHONPATH"].ShouldBe("{folder}/../sdk/python");
        manifest.Requires["python"].ShouldBe(["sklearn"]);
        manifest.Setup.ShouldBe(["a", "b"]);
        manifest.Project.ShouldBe("X.csproj");
        catalog.Find("custom").ShouldBeNull();
    }

    [Fact]
    public void Load_SeveralWrongManifests_NamesEachOfThem()
    {
        Write("a", """{"framework":"a","command":["x"],"comand":[]}""");
        Write("b", """{"framework":"c","command":["x"]}""");
        Write("d", """{"framework":"d","command":[]}""");
        Write("e", "{");
        Write("f", """{"framework":"f","command":null}""");
        Write("g", """{"framework":"g","command":["x"],"project":"../x.csproj"}""");
        var message = Should.Throw<ContainerManifestException>(() => FrameworkCatalog.Load(_root)).Message;
        message.ShouldContain("comand");
        message.ShouldContain("framework is 'c' but the folder is 'b'");
        message.ShouldContain("command is empty");
        message.Split(Environment.NewLine).Length.ShouldBe(6);
        foreach (var folder in new[] { "a", "b", "d", "e", "f", "g" })
        {
            message.ShouldContain(Path.Combine(_root, folder, "container.json"));
        }
    }

    [Fact]
    public void Load_NoFolderOrNoManifest_SaysWhatWasExpected()
    {
        Should.Throw<ContainerManifestException>(() => FrameworkCatalog.Load(Path.Combine(_root, "none"))).Message.ShouldContain("no such folder");
        Should.Throw<ContainerManifestException>(() => FrameworkCatalog.Load(_root)).Message.ShouldContain("container.json");
    }

    [Fact]
    public void Require_UnknownFramework_SuggestsAndLists()
    {
        Write("sklearn", """{"framework":"sklearn","command":["x"]}""");
        Should.Throw<ContainerStartException>(() => FrameworkCatalog.Load(_root).Require("sklaern")).Message
            .ShouldBe("There is no container for framework 'sklaern' (did you mean 'sklearn'?). Known: custom, sklearn.");
    }
}
