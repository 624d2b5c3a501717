using System.Text;
using System.Text.Json;

using Orchestrator.Load.Inputs;
using Orchestrator.Protocol;

namespace Orchestrator.Load.Tests.Inputs;

public sealed class InputsTests
{
    [Theory]
    [InlineData("[[1,2],[3,4]]", "[1,2]", "[3,4]")]
    [InlineData("[\n [1,2],\n [3,4]\n]", "[1,2]", "[3,4]")]
    [InlineData("[1,2]\n\n[3,4]\n", "[1,2]", "[3,4]")]
    [InlineData("{\"age\":61}\n{\"age\":5}", "{\"age\":61}", "{\"age\":5}")]
    public void List_ArrayOrLines_AreSentInTurn(string text, string first, string second)
    {
        var inputs = PredictInputs.List(text);
        inputs.Count.ShouldBe(2);
        Enumerable.Range(0, 3).Select(i => Encoding.UTF8.GetString(inputs.Body(i).Span)).ShouldBe([$"{{\"input\":{first}}}", $"{{\"input\":{second}}}", $"{{\"input\":{first}}}"]);
    }

    [Theory]
    [InlineData("[1,2]\nnot json", "line 2: expected a JSON array of values, or one JSON value a line: 'not json' is an invalid JSON literal")]
    [InlineData("\n[1,2]\n[1,b]\n", "line 3: expected a JSON array of values, or one JSON value a line: 'b' is an invalid start of a value (byte 4)")]
    [InlineData(" ", "expected at least one value")]
    [InlineData("[]", "expected at least one value")]
    public void List_Neither_SaysWhere(string text, string expected) => Should.Throw<FormatException>(() => PredictInputs.List(text)).Message.ShouldContain(expected);

    [Fact]
    public void Single_NoJson_SaysWhatWasExpected() => Should.Throw<FormatException>(() => PredictInputs.Single("abc")).Message.ShouldContain("[5.1, 3.5]");

    [Fact]
    public void Made_OneInput_IsAnArrayOfItsRowsAndRepeats()
    {
        TensorMetadata[] inputs = [new("x", DataType.Fp64, [-1, 2, 3])];
        var (one, two) = (PredictInputs.Made(inputs, 5, 1), PredictInputs.Made(inputs, 5, 1));
        one.Body(3).ToArray().ShouldBe(two.Body(3).ToArray());
        one.Body(0).ToArray().ShouldNotBe(one.Body(1).ToArray());
        using var body = JsonDocument.Parse(one.Body(0));
        var input = body.RootElement.GetProperty("input");
        input.GetArrayLength().ShouldBe(2);
        input[0].GetArrayLength().ShouldBe(3);
    }

    [Theory]
    [InlineData(DataType.Fp64, 10_000)]
    [InlineData(DataType.Fp32, 10_000)]
    [InlineData(DataType.Fp16, 100)]
    [InlineData(DataType.Int8, 10)]
    [InlineData(DataType.Bytes, 1_000_000_000)]
    public void Made_OneScalar_DiffersFromNumberToNumberInItsOwnDatatype(DataType type, long distinct)
    {
        var inputs = PredictInputs.Made([new("x", type, [-1])], 7, 1);
        inputs.Distinct.ShouldBe(distinct);
        var numbers = Math.Min(distinct, 20_000);
        var seen = new HashSet<object>();
        for (var number = 1_700_000_000_000_000; number < 1_700_000_000_000_000 + numbers; number++)
        {
            using var body = JsonDocument.Parse(inputs.Body(number));
            var value = body.RootElement.GetProperty("input");
            seen.Add(type switch { DataType.Fp16 => (Half)value.GetDouble(), DataType.Fp32 => value.GetSingle(), DataType.Bytes => value.GetString()!, _ => value.GetDouble() });
        }

        seen.Count.ShouldBe((int)numbers);
    }

    [Fact]
    public void Made_Rows_AreNumberedByAllTheirDigitsAndNotOnlyTheFirst()
    {
        var inputs = PredictInputs.Made([new("a", DataType.Int32, [-1]), new("b", DataType.Bool, [-1]), new("c", DataType.Fp32, [-1, 2])], 3, 1);
        inputs.Distinct.ShouldBe(1_000_000_000);
        var bodies = new[] { 0L, 3, 30, 300_000_000 }.Select(n => JsonDocument.Parse(inputs.Body(n)).RootElement.GetProperty("input").GetRawText()).ToArray();
        bodies.ShouldBeUnique();
        bodies[0].ShouldContain("\"a\":0,");
        bodies[1].ShouldContain("\"a\":3,");
        inputs.Body(2).ToArray().ShouldNotBe(inputs.Body(1_000_000_001).ToArray());
        (inputs.IsMade, PredictInputs.List("[[1],[2]]").IsMade).ShouldBe((true, false));
        PredictInputs.List("[[1],[2]]").Distinct.ShouldBe(2);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 8)]
    public void Made_BoolsAlone_DifferAsFarAsTheSignatureAllows(int bools, int distinct)
    {
        var inputs = PredictInputs.Made([new("b", DataType.Bool, [-1, bools])], 1000, 1);
        inputs.Distinct.ShouldBe(distinct);
        Enumerable.Range(0, 2000).Select(n => Encoding.UTF8.GetString(inputs.Body(n).Span)).Distinct().Count().ShouldBe(distinct);
        PredictInputs.List("[[1],[1]]").Distinct.ShouldBe(1);
    }

    [Fact]
    public void Made_SeveralInputs_AreNamedAndOfTheirTypes()
    {
        TensorMetadata[] inputs = [new("age", DataType.Int32, [-1]), new("city", DataType.Bytes, [-1]), new("ok", DataType.Bool, [-1, -1])];
        using var body = JsonDocument.Parse(PredictInputs.Made(inputs, 1, 1).Body(0));
        var input = body.RootElement.GetProperty("input");
        input.GetProperty("age").GetInt32().ShouldBeInRange(0, 9);
        input.GetProperty("city").ValueKind.ShouldBe(JsonValueKind.String);
        input.GetProperty("ok")[0].ValueKind.ShouldBeOneOf(JsonValueKind.True, JsonValueKind.False);
    }

    [Fact]
    public void Row_AnySignature_FitsIt()
    {
        var row = SampleTensors.Row([new("a", DataType.Fp32, [-1, 4]), new("b", DataType.Bytes, [-1]), new("c", DataType.Int64, [-1, -1, 2])]);
        row.Select(t => string.Join(',', t.Shape)).ShouldBe(["1,4", "1", "1,1,2"]);
        row[0].Data.Length.ShouldBe(16);
        row[2].Data.Length.ShouldBe(16);
    }

    [Theory]
    [InlineData("[7]", "{\"query_id\":1,\"output\":7,\"default\":false}", true)]
    [InlineData("[7]", "{\"output\":8}", false)]
    [InlineData("[7]", "{\"output\":\"7\"}", false)]
    [InlineData("[0.25]", "{\"output\":0.2500001}", true)]
    [InlineData("[0.25]", "{\"output\":0.25001}", false)]
    [InlineData("[[1,2.5]]", "{\"output\":[1,2.5]}", true)]
    [InlineData("[[1,2.5]]", "{\"output\":[1]}", false)]
    [InlineData("[\"cat\"]", "{\"output\":\"cat\"}", true)]
    [InlineData("[7]", "{\"error\":\"x\"}", false)]
    [InlineData("[7]", "no json", false)]
    public void IsRight_Answer_IsComparedWithTheInputsOwn(string expected, string answer, bool right) =>
        ExpectedOutputs.List(expected, 1e-6).IsRight(3, Encoding.UTF8.GetBytes(answer)).ShouldBe(right);

    [Fact]
    public void IsRight_ManyInputs_GoesByTheIndex()
    {
        var expected = ExpectedOutputs.List("[1,2]", 0);
        Enumerable.Range(0, 4).Select(i => expected.IsRight(i, "{\"output\":2}"u8)).ShouldBe([false, true, false, true]);
    }
}
