using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Container.MlNet.Model;

namespace Orchestrator.Container.MlNet.Tests.Model;

public sealed class ModelFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlnet-");

    [Fact]
    public void Find_AFile_IsTheModelWhateverItIsCalled()
    {
        var file = Write("model.bin");

        ModelFile.Find(Context(file)).ShouldBe(file);
    }

    [Fact]
    public void Find_InAFolder_TakesTheOneZip()
    {
        Write("notes.txt");
        var file = Write("iris.ZIP");

        ModelFile.Find(Context(_folder.FullName)).ShouldBe(file);
    }

    [Fact]
    public void Find_InAFolderOfSeveral_SaysWhatIsThere()
    {
        Write("a.zip");
        Write("b.mlnet");

        Should.Throw<ConfigurationException>(() => ModelFile.Find(Context(_folder.FullName))).Message.ShouldContain("2 files that end in .zip or .mlnet; expected one. It has a.zip, b.mlnet");
    }

    [Fact]
    public void Find_InAnEmptyFolder_SaysSo() =>
        Should.Throw<ConfigurationException>(() => ModelFile.Find(Context(_folder.FullName))).Message.ShouldContain("It has no files");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, "");
        return path;
    }

    private static ModelContext Context(string artefact) => new()
    {
        Model = "m", Version = "1", Artefact = artefact, Options = new ModelOptions(JsonElement.Parse("{}")), Logger = NullLogger.Instance, Time = TimeProvider.System,
    };
}
