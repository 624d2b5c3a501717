using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Container.Tests;

public sealed class AuthoringTests
{
    private static readonly ModelSignature Signature = new()
    {
        Inputs = [new("x", DataType.Fp32, [-1, -1])],
        Outputs = [new("fixed", DataType.Int64, [-1, 3]), new("open", DataType.Fp64, [-1, -1, 2]), new("text", DataType.Bytes, [-1]), new("flag", DataType.Bool, [-1])],
    };

    [Fact]
    public void Output_FixedAndVariableDimensions_HasTheShapeOfTheBatch()
    {
        var batch = Make(rows: 4);

        batch.Output<long>("fixed").Length.ShouldBe(12);
        batch.Output<double>("open", 5).Length.ShouldBe(40);
        batch.Output<bool>("flag").Length.ShouldBe(4);
        batch.OutputBuffers[1].Shape.ShouldBe([4, 5, 2]);
    }

    [Fact]
    public void Output_AskedForAgain_IsTheSameMemory()
    {
        var batch = Make(rows: 1);

        batch.Output<long>("fixed")[2] = 7;

        batch.Output<long>("fixed")[2].ShouldBe(7);
    }

    [Fact]
    public void Output_WrongUse_SaysWhatWasExpected()
    {
        var batch = Make(rows: 2);

        Should.Throw<ArgumentException>(() => batch.Output<double>("fixed").Length).Message.ShouldContain("INT64, which is long in .NET and not Double");
        Should.Throw<ArgumentException>(() => batch.Output<double>("none").Length).Message.ShouldContain("it has 'fixed', 'open', 'text', 'flag'");
        Should.Throw<ArgumentException>(() => batch.Output<double>("open").Length).Message.ShouldContain("expected one, not negative, for each -1");
        Should.Throw<ArgumentException>(() => batch.Output<double>("open", 1, 2).Length);
        Should.Throw<ArgumentException>(() => batch.SetTexts("text", ["one"])).Message.ShouldContain("1 texts");
        Should.Throw<ArgumentException>(() => batch.Set(new Tensor("fixed", DataType.Int64, [1, 3], new byte[24]))).Message.ShouldContain("INT64 [2,3]");
        Should.Throw<ArgumentException>(() => batch.Values<double>("x").Length).Message.ShouldContain("FP32, which is float");
        Should.Throw<ArgumentException>(() => batch.Values<float>("y").Length).Message.ShouldContain("no input 'y'");
        Should.Throw<ArgumentOutOfRangeException>(() => batch.FailRow(2, "there is none"));
        Should.Throw<ArgumentOutOfRangeException>(() => batch.RefuseRow(2, "there is none"));
    }

    [Fact]
    public void RefuseRow_BesideFailRow_TheFirstReasonOfARowCounts()
    {
        var batch = Make(rows: 3);
        batch.FailRow(0, "broken");
        batch.RefuseRow(0, "wrong");
        batch.RefuseRow(1, "wrong");
        batch.FailRow(1, "broken");

        batch.RowErrors.ShouldBe(new Dictionary<int, string> { [0] = "broken", [1] = "wrong" });
        batch.InvalidRows.ShouldBe([1]);
    }

    [Fact]
    public void FailRow_OutputIsAnInputsMemory_LeavesTheInputAlone()
    {
        byte[] data = [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2];
        var signature = Signature with { Outputs = [new("same", DataType.Int64, [-1])] };
        var input = new Tensor("same", DataType.Int64, [2], data);
        var outputs = new OutputBuffers(signature, 2);
        outputs.Set(input);

        outputs.Complete(new Dictionary<int, string> { [0] = "bad" });

        outputs[0].Data.ToArray().ShouldBe([0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2]);
        data[0].ShouldBe((byte)1);
    }

    [Theory]
    [InlineData("""{"n":"x"}""", "n", "option 'n' is \"x\", expected a number from 0 to 9")]
    [InlineData("""{"n":10}""", "n", "option 'n' is 10, expected a number from 0 to 9")]
    [InlineData("""{"m":1}""", "m", "unknown option 'm'; expected n, w")]
    [InlineData("""{"w":1.5}""", "w", "option 'w' is 1.5, expected a whole number of at least 1")]
    public void Options_Wrong_SayWhatWasExpected(string json, string name, string expected)
    {
        var options = new ModelOptions(JsonElement.Parse(json));

        Should.Throw<ConfigurationException>(() =>
        {
            options.AllowOnly("n", "w");
            _ = name == "n" ? options.Number("n", 0, 9) : options.Whole("w", 1);
        }).Message.ShouldContain(expected);
    }

    [Fact]
    public void Options_AbsentOrNull_AreNull()
    {
        var options = new ModelOptions(JsonElement.Parse("""{"n":null,"t":"a","f":true,"d":2.5,"i":3}"""));

        options.Number("n").ShouldBeNull();
        options.Flag("none").ShouldBeNull();
        (options.Text("t"), options.Flag("f"), options.Number("d"), options.Whole("i")).ShouldBe(("a", true, 2.5, 3));
    }

    [Fact]
    public void ArtefactFile_InsideAndOutside_IsFoundAndRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("weights.json"), "{}");
        var context = new ModelContext { Model = "m", Version = "1", Artefact = folder.Path, Options = new ModelOptions(JsonElement.Parse("{}")), Logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, Time = TimeProvider.System };

        context.ArtefactFile("weights.json").ShouldBe(folder.File("weights.json"));
        Should.Throw<ConfigurationException>(() => context.ArtefactFile("other.json")).Message.ShouldContain("it has weights.json");
        Should.Throw<ConfigurationException>(() => context.ArtefactFile("../x")).Message.ShouldContain("leaves the artefact");
    }

    [Fact]
    public void Signature_ThatCannotBeServed_SaysWhy()
    {
        Should.Throw<InvalidOperationException>((Signature with { Inputs = [] }).Validate).Message.ShouldContain("no input");
        Should.Throw<InvalidOperationException>((Signature with { Inputs = [new("x", DataType.Fp32, [4, 2])] }).Validate).Message.ShouldContain("expected -1 (the batch)");
        Should.Throw<InvalidOperationException>((Signature with { Outputs = [new("y", DataType.Fp32, [-1]), new("y", DataType.Fp32, [-1])] }).Validate).Message.ShouldContain("different names");
        Should.Throw<InvalidOperationException>((Signature with { MaxBatchSize = 0 }).Validate).Message.ShouldContain("at least 1");
    }

    private static Batch Make(int rows)
    {
        var input = new Tensor("x", DataType.Fp32, [rows, 1], new byte[4 * rows]);
        return new Batch([input], new OutputBuffers(Signature, rows), new InferRequest { Inputs = [input] }, null, () => null);
    }
}
