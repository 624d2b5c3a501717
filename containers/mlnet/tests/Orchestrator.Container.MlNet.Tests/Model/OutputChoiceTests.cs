using System.Text.Json;
using Orchestrator.Container.MlNet.Model;

namespace Orchestrator.Container.MlNet.Tests.Model;

public sealed class OutputChoiceTests
{
    private static readonly PipelineColumn Picture = FakePipeline.Picture;

    [Fact]
    public void Choose_WithPredictions_TakesThemByTheirStandardNames() =>
        Choose("{}", FakePipeline.Length, FakePipeline.Score, FakePipeline.Label).ShouldBe(["PredictedLabel", "Score"]);

    [Fact]
    public void Choose_WithoutPredictions_TakesAllThatCanTravel() =>
        Choose("{}", FakePipeline.Length, Picture, FakePipeline.Letters).ShouldBe(["Length", "Letters"]);

    [Fact]
    public void Choose_WithTheOption_TakesWhatItNamesInItsOrder() =>
        Choose("""{"outputs":["Letters","Score"]}""", FakePipeline.Score, FakePipeline.Letters).ShouldBe(["Letters", "Score"]);

    [Theory]
    [InlineData("""{"outputs":["Scores"]}""", "names the column 'Scores', which the model does not make; it makes Score (Vector<Single, 3>), Picture (Image)")]
    [InlineData("""{"outputs":["Picture"]}""", "'Picture', whose type Image no tensor can hold")]
    [InlineData("""{"outputs":"Score"}""", "is \"Score\", expected a list of different names")]
    [InlineData("""{"outputs":[]}""", "expected a list of different names")]
    [InlineData("""{"outputs":[1]}""", "expected a list of different names")]
    [InlineData("""{"outputs":["Score","Score"]}""", "expected a list of different names")]
    public void Choose_WithAWrongOption_SaysWhatWasExpected(string options, string expected) =>
        Should.Throw<ConfigurationException>(() => Choose(options, FakePipeline.Score, Picture)).Message.ShouldContain(expected);

    [Fact]
    public void Choose_FromNothingThatCanTravel_SaysWhatIsMade() =>
        Should.Throw<ModelLoadException>(() => Choose("{}", Picture)).Message.ShouldContain("it makes Picture (Image), expected numbers");

    private static IEnumerable<string> Choose(string options, params PipelineColumn[] made) =>
        OutputChoice.Choose(made, new ModelOptions(JsonElement.Parse(options))).Select(c => c.Name);
}
