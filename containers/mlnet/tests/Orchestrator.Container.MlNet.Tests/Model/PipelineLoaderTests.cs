using Orchestrator.Container.MlNet.Model;

namespace Orchestrator.Container.MlNet.Tests.Model;

/// <summary>The exceptions are those that Microsoft.ML 5.0.0 was seen to throw.</summary>
public sealed class PipelineLoaderTests
{
    public static TheoryData<Exception, string> Failures => new()
    {
        { new FormatException("End of Central Directory record could not be found."), "iris.zip cannot be loaded: it is no zip (End of Central" },
        { new InvalidOperationException("Could not load legacy format model"), "iris.zip cannot be loaded: it is a zip without a model in it" },
        { new FileNotFoundException("Could not find file '/artefact/iris.zip'.", "/artefact/iris.zip"), "iris.zip cannot be loaded: Could not find file" },
        { new FileNotFoundException("Could not load file or assembly", "Microsoft.ML.LightGbm, Version=1.0.0.0"), "-p:MlNetPackages=Microsoft.ML.LightGbm" },
        { new DllNotFoundException("Unable to load shared library 'lib_lightgbm'"), "Unable to load shared library 'lib_lightgbm' Trainers from packages" },
        { new ArgumentException("what is this"), "ArgumentException: what is this Expected a model as mlContext.Model.Save" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Load_ThatFails_SaysWhatToDo(Exception failure, string expected)
    {
        var said = Should.Throw<ModelLoadException>(() => PipelineLoader.Load("/artefact/iris.zip", _ => throw failure));

        said.Message.ShouldContain(expected);
        said.InnerException.ShouldBe(failure);
    }

    [Fact]
    public void Load_ThatSaysItself_IsLeftAsItIs()
    {
        var words = new ModelLoadException("iris.zip has no input schema");

        Should.Throw<ModelLoadException>(() => PipelineLoader.Load("iris.zip", _ => throw words)).ShouldBe(words);
    }
}
