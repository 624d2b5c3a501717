using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query;

[Collection(SharedRigCollection.Name)]
public sealed class PredictMistakesTests(SharedRig shared)
{
    private const string Schema = ". Expected JSON schema: \n  {\n   \"input\" := [double] | [int] | [string] | [byte] | [float],\n  }\n";

    private HttpClient Query => shared.Host.Query;

    [Theory]
    [InlineData("{}", "JSON object does not have required keys input or input_batch")]
    [InlineData("""{"input_batch": "x"}""", "Type mismatch! JSON key input_batch expected type Arraybut found type String")]
    [InlineData("""{"input": [1,2,3,4], "version": 1}""", "Type mismatch! JSON key version expected type Stringbut found type Number")]
    [InlineData("[1]", "Can only get key-value pair from an object")]
    public async Task Predict_WrongShapeOfBody_AnswersClippersText(string body, string message)
    {
        var answer = await Query.PostAsync("/sum/predict", body);

        answer.Status.ShouldBe(400);
        answer.Json.GetProperty("error").GetString().ShouldBe("Json error");
        answer.Json.GetProperty("cause").GetString().ShouldBe("Error parsing JSON: " + message + Schema);
        answer.Json.EnumerateObject().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"input": [1,2,b,4]}""", "'b' is an invalid start of a value (line 1, byte 16)")]
    [InlineData("""{"input_batch": [[1,2,3,4],[1,2,b]]}""", "row 1: not valid JSON: 'b' is an invalid start of a value (line 1, byte 33)")]
    [InlineData("""{"version": b}""", "JSON parse error: 'b' is an invalid start of a value (line 1, byte 13)")]
    [InlineData("{\"input\": \"\\ud800\"}", "")]
    public async Task Predict_TextThatIsNoJson_SaysWhereInOneSentence(string body, string where)
    {
        var cause = (await Query.PostAsync("/sum/predict", body)).Json.GetProperty("cause").GetString()!;
        cause.ShouldEndWith(where + Schema);
        cause.ShouldNotContain("..");
        cause.ShouldNotContain("BytePosition");
    }

    [Theory]
    [InlineData("", "JSON parse error")]
    [InlineData("{", "JSON parse error")]
    [InlineData("""{"input": [1,2,3,4]} x""", "JSON parse error")]
    [InlineData("""{"input": [1,2,3,4],}""", "JSON parse error")]
    [InlineData("""{"input": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", "")]
    [InlineData("""{"input": [1,2,3]}""", "input 'input'")]
    [InlineData("""{"input": ["a","b","c","d"]}""", "input 'input'")]
    [InlineData("""{"input": "x"}""", "input 'input'")]
    [InlineData("""{"input": 5}""", "input 'input'")]
    [InlineData("""{"input": null}""", "input 'input'")]
    [InlineData("""{"input": {"inputs": [1,2,3,4]}}""", "no input 'inputs'; it has input")]
    [InlineData("""{"input": {}}""", "input 'input' is missing")]
    [InlineData("""{"input": {"input": [1,2,3,4], "input": [1,2,3,4]}}""", "given twice")]
    [InlineData("""{"input_batch": [[1,2,3,4],[1,2]]}""", "JSON: row 1: input 'input': data has 2 elements, expected 4")]
    [InlineData("""{"input_batch": [["a",2,3,4],[1,2]]}""", "JSON: row 0: input 'input'")]
    [InlineData("{\"input\": \"\\ud800\"}", "")]
    public async Task Predict_MalformedInput_Answers400SayingWhere(string body, string cause)
    {
        var answer = await Query.PostAsync("/sum/predict", body);

        answer.Status.ShouldBe(400, answer.Text);
        answer.Json.GetProperty("error").GetString().ShouldBe("Json error");
        answer.Json.GetProperty("cause").GetString()!.ShouldContain(cause);
    }
}
