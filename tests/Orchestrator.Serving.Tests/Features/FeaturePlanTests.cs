using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;
using static Orchestrator.Serving.Tests.Features.FeatureSpecs;

namespace Orchestrator.Serving.Tests.Features;

public sealed class FeaturePlanTests
{
    private static readonly ModelVersionId Id = new("m", "1");

    private static FeaturePlan Plan(FeaturesSpec features, params TensorMetadata[] inputs) => FeaturePlan.Of(Application(features), Id, inputs);

    private static FeaturesSpec Of(params FeatureViewSpec[] views) => new() { Views = views };

    [Fact]
    public void SeveralInputs_SlotsAreInTheModelsOrder_WhateverTheViewsOrder()
    {
        var plan = Plan(
            Of(View("v", Feature("c"), Feature("a")), View("w", Feature("stored", input: "d"), Feature("elsewhere"))),
            new("a", DataType.Fp64, [-1]), new("b", DataType.Fp64, [-1]), new("c", DataType.Fp32, [-1, 1]), new("d", DataType.Fp64, [-1]));
        plan.Problem.ShouldBeNull();
        plan.IsRow.ShouldBeFalse();
        plan.Slots.Select(s => (s.Name, s.View, s.Feature)).ShouldBe([("a", 0, 1), ("b", -1, -1), ("c", 0, 0), ("d", 1, 0)]);
    }

    [Fact]
    public void OneInputOfSeveralElements_SlotsAreTheColumns()
    {
        var plan = Plan(new FeaturesSpec { Columns = ["b", "a", "c"], Views = [View("v", Feature("a"), Feature("b"))] }, new TensorMetadata("input", DataType.Fp64, [-1, 3]));
        plan.Problem.ShouldBeNull();
        plan.IsRow.ShouldBeTrue();
        plan.Slots.Select(s => (s.Name, s.View, s.Feature)).ShouldBe([("b", 0, 1), ("a", 0, 0), ("c", -1, -1)]);
    }

    [Fact]
    public void OneInputWithoutColumns_FeaturesAreTheRowInTheirOrder() =>
        Plan(Of(View("v", Feature("x"), Feature("y")), View("w", Feature("z"))), new TensorMetadata("input", DataType.Fp64, [-1, 3]))
            .Slots.Select(s => s.Name).ShouldBe(["x", "y", "z"]);

    [Theory]
    [InlineData("double", DataType.Int64, "feature 'x' of view 'v' is double, and 'x' of m:1 takes INT64; declare it as int32 or int64")]
    [InlineData("string", DataType.Fp32, "feature 'x' of view 'v' is string, and 'x' of m:1 takes FP32; declare it as float or double")]
    [InlineData("int64", DataType.Bytes, "feature 'x' of view 'v' is int64, and 'x' of m:1 takes BYTES; declare it as string")]
    [InlineData("int32", DataType.Bool, "feature 'x' of view 'v' is int32, and 'x' of m:1 takes BOOL; declare it as bool")]
    [InlineData("bool", DataType.Fp64, null)]
    [InlineData("int64", DataType.Fp32, null)]
    [InlineData("float", DataType.Fp64, null)]
    public void Type_ThatTheInputDoesNotTake_IsAProblem(string type, DataType input, string? problem)
    {
        var plan = Plan(Of(View("v", Feature("x", type))), new TensorMetadata("x", input, [-1]));
        plan.Problem.ShouldBe(problem);
        plan.Slots[0].IsCounted.ShouldBe(type == "bool");
    }

    [Fact]
    public void WhatCannotBeJoined_IsSaid()
    {
        Plan(Of(View("v", Feature("x"))), new TensorMetadata("input", DataType.Fp64, [-1, 3])).Problem.ShouldBe(
            "input 'input' of m:1 takes rows of 3 elements and the views name 1; name all of them in features.columns, in the model's order");
        Plan(Of(View("v", Feature("x"))), new TensorMetadata("image", DataType.Fp64, [-1, 2, 2])).Problem!.ShouldStartWith("input 'image' of m:1 takes rows of shape [2,2]");
        Plan(Of(View("v", Feature("x"))), new TensorMetadata("a", DataType.Fp64, [-1]), new TensorMetadata("b", DataType.Fp64, [-1])).Problem.ShouldBe(
            "no feature is an input of m:1; its inputs are a, b; give a feature the name of one, or say which by input");
        Plan(new FeaturesSpec { Columns = ["a", "q"], Views = [View("v", Feature("a"))] }, new TensorMetadata("a", DataType.Fp64, [-1]), new TensorMetadata("b", DataType.Fp64, [-1])).Problem.ShouldBe(
            "m:1 has no input 'q' as features.columns says; its inputs are a, b");
    }

    [Fact]
    public void Budget_UnlessSaid_IsAQuarterOfTheSlo()
    {
        Application(Of(View("v", Feature("x")))).Budget.ShouldBe(TimeSpan.FromMilliseconds(10));
        Application(new FeaturesSpec { Budget = TimeSpan.FromMilliseconds(3), Views = [View("v", Feature("x"))] }).Budget.ShouldBe(TimeSpan.FromMilliseconds(3));
    }
}
