using System.Net.Http.Headers;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query;

[Collection(SharedRigCollection.Name)]
public sealed class PredictTests(SharedRig shared)
{
    private HttpClient Query => shared.Host.Query;

    [Theory]
    [InlineData("""{"input": [1.5, 2.0, 3.0, 4.0]}""", 10.5)]
    [InlineData("""{"input": [1, 2, 3, 4]}""", 10)]
    [InlineData("""{"input": {"input": [1, 2, 3, 4]}}""", 10)]
    [InlineData("""{"input_batch": [[1, 2, 3, 4]]}""", 10)]
    [InlineData("""{"input_batch": [[9,9,9,9]], "input": [1, 2, 3, 4]}""", 10)]
    [InlineData("""{"input": [1, 2, 3, 4], "input_batch": [[9,9,9,9]], "other": {"a": [1]}}""", 10)]
    [InlineData("""{"input": [1, 2, 3, 4], "version": "1"}""", 10)]
    [InlineData("""{"version": "1", "uid": 7, "input": [1, 2, 3, 4], "user_id": "x"}""", 10)]
    public async Task Predict_OneQuery_AnswersBareObject(string body, double expected)
    {
        var answer = await Query.PostAsync("/sum/predict", body);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Message.Content.Headers.ContentType.ShouldBe(new MediaTypeHeaderValue("application/json"));
        answer.Message.Content.Headers.ContentLength.ShouldBe(answer.Text.Length);
        answer.Json.EnumerateObject().Select(p => p.Name).ShouldBe(["query_id", "output", "default", "model", "version", "prediction_id"]);
        answer.Json.GetProperty("output").GetDouble().ShouldBe(expected);
        answer.Json.GetProperty("default").GetBoolean().ShouldBeFalse();
        answer.Json.GetProperty("model").GetString().ShouldBe("sum");
        answer.Json.GetProperty("version").GetString().ShouldBe("1");
        answer.Json.GetProperty("prediction_id").GetString()!.Length.ShouldBeGreaterThan(16);
    }

    [Fact]
    public async Task Predict_Batch_AnswersEachInOrderWithItsOwnId()
    {
        var answer = await Query.PostAsync("/sum/predict/", """{"input_batch": [[1,1,1,1],[2,2,2,2],[3,3,3,3]]}""");

        answer.Status.ShouldBe(200, answer.Text);
        var rows = answer.Json.GetProperty("batch_predictions").EnumerateArray().ToArray();
        rows.Select(r => r.GetProperty("output").GetDouble()).ShouldBe([4, 8, 12]);
        var ids = rows.Select(r => r.GetProperty("query_id").GetInt64()).ToArray();
        ids.ShouldBe([ids[0], ids[0] + 1, ids[0] + 2]);
        rows.Select(r => r.GetProperty("prediction_id").GetString()).Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("gzip", true, 200)]
    [InlineData("gzip", false, 400)]
    [InlineData("br", true, 415)]
    public async Task Predict_CompressedBody_IsReadAsItsHeaderSays(string encoding, bool isCompressed, int status)
    {
        var plain = """{"input": [1, 2, 3, 4]}"""u8.ToArray();
        using var compressed = new MemoryStream();
        await using (var compressor = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await compressor.WriteAsync(plain, TestContext.Current.CancellationToken);
        }

        var answer = await Query.SendAsync(HttpMethod.Post, "/sum/predict", isCompressed ? compressed.ToArray() : plain, ("Content-Encoding", encoding));
        answer.Status.ShouldBe(status, answer.Text);
        answer.Text.ShouldContain(status == 200 ? "\"output\":10" : encoding);
    }

    [Fact]
    public async Task Predict_EmptyBatch_AnswersEmptyList() =>
        (await Query.PostAsync("/sum/predict", """{"input_batch": []}""")).Text.ShouldBe("""{"batch_predictions":[]}""");

    [Theory]
    [InlineData("""{"input": {"age": 40, "city": "Rome"}}""")]
    [InlineData("""{"input": {"city": ["Rome"], "age": [40], "note": "n"}}""")]
    [InlineData("""{"input": {"city": "Rome", "age": 40, "note": null}}""")]
    [InlineData("""{"input": [40, "Rome", null]}""")]
    [InlineData("""{"input": [40, "Rome", "n"]}""")]
    public async Task Predict_NamedInputs_AnswersFirstOutputAndAllOutputs(string body)
    {
        var answer = await Query.PostAsync("/people/predict", body);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("output").GetDouble().ShouldBe(40);
        answer.Json.GetProperty("outputs").GetRawText().ShouldBe("""{"score":40,"label":"Rome"}""");
    }

    [Theory]
    [InlineData("""{"input": [40]}""", "expected 3, one per input")]
    [InlineData("""{"input": [40,"a","b","c"]}""", "more than 3 values")]
    [InlineData("""{"input": {"age": 1}}""", "'city' is missing")]
    [InlineData("""{"input": 4}""", "3 inputs (age, city, note)")]
    [InlineData("""{"input": [null, "Rome", null]}""", "input 'age'")]
    public async Task Predict_NamedInputsWrong_SaysWhatIsExpected(string body, string cause)
    {
        var answer = await Query.PostAsync("/people/predict", body);

        answer.Status.ShouldBe(400, answer.Text);
        answer.Json.GetProperty("cause").GetString()!.ShouldContain(cause);
    }

    [Theory]
    [InlineData("matrix", """{"input": [[1,2],[3,4]]}""", "[[1,2],[3,4]]")]
    [InlineData("matrix", """{"input": [1,2,3,4]}""", "[[1,2],[3,4]]")]
    [InlineData("text", """{"input": "grün \"x\""}""", "\"grün \\\"x\\\"\"")]
    [InlineData("text", """{"input": ["a"]}""", "\"a\"")]
    public async Task Predict_OtherShapes_RoundTrip(string model, string body, string output)
    {
        var answer = await Query.PostAsync($"/{model}/predict", body);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("output").GetRawText().ShouldBe(output);
    }

    [Theory]
    [InlineData("hang", 504, "Deadline missed")]
    [InlineData("broken", 500, "Model error")]
    [InlineData("picky", 400, "Query processing error")]
    [InlineData("absent", 503, "Unavailable")]
    [InlineData("unlinked", 503, "Unavailable")]
    [InlineData("raw", 500, "Model error")]
    public async Task Predict_NoAnswerAndNoDefault_AnswersStatusOfItsCause(string application, int status, string kind)
    {
        var input = application == "raw" ? "\"x\"" : "[1,2,3,4]";
        var answer = await Query.PostAsync($"/{application}/predict", $$"""{"input": {{input}}}""");

        answer.Status.ShouldBe(status, answer.Text);
        answer.Json.GetProperty("error").GetString().ShouldBe(kind);
        answer.Json.GetProperty("cause").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("hang-default", "-1", "Failed to retrieve a prediction response within the specified latency SLO")]
    [InlineData("absent-default", "-1", "No connected models found for query")]
    [InlineData("unlinked-default", "\"none\"", "No connected models found for query")]
    public async Task Predict_NoAnswerButDefault_AnswersDefaultWithClippersExplanation(string application, string output, string explanation)
    {
        var answer = await Query.PostAsync($"/{application}/predict", """{"input": [1,2,3,4]}""");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("output").GetRawText().ShouldBe(output);
        answer.Json.GetProperty("default").GetBoolean().ShouldBeTrue();
        answer.Json.GetProperty("default_explanation").GetString().ShouldBe(explanation);
    }

    [Fact]
    public async Task Predict_ModelFailsButDefault_ExplainsWithTheModelsText()
    {
        var answer = await Query.PostAsync("/broken-default/predict", """{"input": [1,2,3,4]}""");

        answer.Status.ShouldBe(200);
        answer.Json.GetProperty("default_explanation").GetString()!.ShouldContain("the model is broken");
    }

    [Fact]
    public async Task Predict_InputRefusedByModel_Is400DespiteDefault() =>
        (await Query.PostAsync("/picky-default/predict", """{"input": [1,2,3,4]}""")).Status.ShouldBe(400);

    [Fact]
    public async Task Predict_OneRowOfBatchFails_OthersAreAnswered()
    {
        var answer = await Query.PostAsync("/rowfail/predict", """{"input_batch": [[1,1,1,1],[-1,1,1,1],[2,2,2,2]]}""");

        answer.Status.ShouldBe(200, answer.Text);
        var rows = answer.Json.GetProperty("batch_predictions").EnumerateArray().ToArray();
        rows[0].GetProperty("output").GetDouble().ShouldBe(4);
        rows[1].EnumerateObject().Select(p => p.Name).ShouldBe(["query_id", "error", "cause"]);
        rows[1].GetProperty("cause").GetString()!.ShouldContain("ValueError: negative");
        rows[2].GetProperty("output").GetDouble().ShouldBe(8);
    }

    [Fact]
    public async Task Predict_OneRowOfBatchFailsWithDefault_GetsDefault()
    {
        var answer = await Query.PostAsync("/rowfail-default/predict", """{"input_batch": [[1,1,1,1],[-1,1,1,1]]}""");

        var rows = answer.Json.GetProperty("batch_predictions").EnumerateArray().ToArray();
        rows[0].GetProperty("default").GetBoolean().ShouldBeFalse();
        rows[1].GetProperty("default").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Predict_RowsInputIsAtFault_Is400DespiteDefaultAndLeavesTheOthersAlone()
    {
        (await Query.PostAsync("/rowrefuse-default/predict", """{"input": [-1,1,1,1]}""")).Status.ShouldBe(400);

        var answer = await Query.PostAsync("/rowrefuse-default/predict", """{"input_batch": [[1,1,1,1],[-1,1,1,1]]}""");

        var rows = answer.Json.GetProperty("batch_predictions").EnumerateArray().ToArray();
        rows[0].GetProperty("output").GetDouble().ShouldBe(4);
        rows[1].GetProperty("error").GetString().ShouldBe("Query processing error");
        rows[1].GetProperty("cause").GetString()!.ShouldContain("ValueError: negative");
    }

    [Fact]
    public async Task Predict_UnknownVersion_AnswersClippersText()
    {
        var answer = await Query.PostAsync("/sum/predict", """{"input": [1,2,3,4], "version": "9"}""");

        answer.Status.ShouldBe(400);
        answer.Text.ShouldBe("""{"error":"Query processing error","cause":"Requested version: 9 does not exist for model: sum"}""");
    }

    [Fact]
    public async Task Predict_VersionForUnlinkedApplication_IsAnAnswerAndNoCrash() =>
        (await Query.PostAsync("/unlinked/predict", """{"input": [1], "version": "9"}""")).Status.ShouldBe(400);

    [Fact]
    public async Task Predict_UnknownApplication_SaysWhichExist()
    {
        var answer = await Query.PostAsync("/nope/predict", """{"input": [1]}""");

        answer.Status.ShouldBe(404);
        answer.Json.GetProperty("cause").GetString()!.ShouldContain("There is no application 'nope'. Applications: absent");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task Predict_WrongVerb_Is405WithAllow(string verb)
    {
        var answer = await Query.SendAsync(new HttpMethod(verb), "/sum/predict");

        answer.Status.ShouldBe(405);
        answer.Message.Content.Headers.Allow.ShouldBe(["POST"]);
        answer.Json.GetProperty("error").GetString().ShouldBe("Method not allowed");
    }

    [Fact]
    public async Task Predict_HeaderShortensBudget_MissesEarlier()
    {
        // The application allows 20 s for a model that answers; the absurdly short time of the client wins.
        var answer = await Query.PostAsync("/sum/predict", """{"input": [1,2,3,4]}""", ("Orchestrator-Timeout-Ms", "0.0001"));

        answer.Status.ShouldBe(504, answer.Text);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("x")]
    [InlineData("NaN")]
    [InlineData("1e3")]
    public async Task Predict_HeaderIsNoTime_Is400(string value) =>
        (await Query.PostAsync("/sum/predict", """{"input": [1,2,3,4]}""", ("Orchestrator-Timeout-Ms", value))).Status.ShouldBe(400);

    [Fact]
    public async Task Predict_TooManyRows_Is400()
    {
        var answer = await Query.PostAsync("/sum/predict", "{\"input_batch\": [" + string.Join(',', Enumerable.Repeat("[1,2,3,4]", 16 * 1024 + 1)) + "]}");

        answer.Status.ShouldBe(400);
        answer.Text.ShouldContain("more than 16384 elements");
    }
}
