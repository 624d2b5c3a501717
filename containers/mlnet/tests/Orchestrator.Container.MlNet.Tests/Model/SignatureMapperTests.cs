using Orchestrator.Container.MlNet.Model;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Tests.Model;

public sealed class SignatureMapperTests
{
    [Fact]
    public void Map_InputThatCannotTravelAndIsNeeded_IsRefused()
    {
        var pipeline = new FakePipeline { Needed = new HashSet<string> { "Picture" } };

        Should.Throw<ModelLoadException>(() => SignatureMapper.Map(pipeline, [FakePipeline.Score])).Message.ShouldContain("input column 'Picture' has the type Image");
    }

    [Fact]
    public void Map_WhenTheLibraryCannotTell_AsksForAllAndWarns()
    {
        var signature = SignatureMapper.Map(new FakePipeline { Inputs = [FakePipeline.Features, FakePipeline.Species], Needed = null }, [FakePipeline.Score]);

        signature.Inputs.Select(i => i.Name).ShouldBe(["Features", "Species"]);
        signature.OptionalInputs.ShouldBeEmpty();
        signature.Warnings.Single().ShouldContain("cannot tell");
    }

    [Fact]
    public void Map_WithoutAnyInput_IsRefused() =>
        Should.Throw<ModelLoadException>(() => SignatureMapper.Map(new FakePipeline { Inputs = [] }, [FakePipeline.Score])).Message.ShouldContain("has no input column");

    [Fact]
    public void Map_Dimensions_BecomeTheShape()
    {
        var grid = FakePipeline.Score with { Name = "Grid", Dimensions = [2, 3], ElementNames = null };
        var open = FakePipeline.Score with { Name = "Open", Dimensions = [-1, 3], ElementNames = null };
        var pipeline = new FakePipeline { Inputs = [grid, open], Needed = new HashSet<string> { "Grid", "Open" } };

        var signature = SignatureMapper.Map(pipeline, [grid, open, FakePipeline.Key]);

        signature.Inputs.Select(i => string.Join(',', i.Shape)).ShouldBe(["-1,2,3", "-1,-1,3"]);
        signature.Outputs.Select(o => string.Join(',', o.Shape)).ShouldBe(["-1,2,3", "-1,-1", "-1"]);
        signature.Outputs.Select(o => o.DataType).ShouldBe([DataType.Fp32, DataType.Fp32, DataType.Bytes]);
        signature.Properties.ShouldBeEmpty();
    }

    [Fact]
    public void Map_OfAThousandNamesAndMore_LeavesThemOut()
    {
        var wide = FakePipeline.Score with { ElementNames = [.. Enumerable.Range(0, 1001).Select(i => $"{i}")] };

        SignatureMapper.Map(new FakePipeline(), [wide]).Properties.ShouldBeEmpty();
    }
}
