using System.Text;

namespace Orchestrator.Load.Tests;

public sealed class LoadRunnerTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Run_EachKindOfAnswer_IsCountedInItsClass()
    {
        string[] answers =
        [
            Reply.Text(200, """{"output":1,"default":false}"""),
            Reply.Text(200, """{"output":-1, "default": true}"""),
            Reply.Text(200, """{"output":2,"default":false}"""),
            Reply.Text(429, "{}"),
            Reply.Text(503, "{}"),
            Reply.Text(504, "{}"),
            Reply.Text(500, """{"error":"boom"}"""),
        ];
        await using var server = new RawServer((number, _) => new Reply([answers[number % 7]]));
        var plan = new LoadPlan { Uri = server.Uri, Requests = 70, Connections = 1 };

        var result = await LoadRunner.RunAsync(plan, (_, body) => Encoding.UTF8.GetString(body).Contains(":1,", StringComparison.Ordinal), stop: None);

        result.Counts.Model.ShouldBe(10);
        result.Counts.Default.ShouldBe(10);
        result.Counts.Wrong.ShouldBe(10);
        result.Counts[AnswerClass.TooManyRequests].ShouldBe(10);
        result.Counts[AnswerClass.Unavailable].ShouldBe(10);
        result.Counts[AnswerClass.DeadlineExceeded].ShouldBe(10);
        result.Counts[AnswerClass.OtherStatus].ShouldBe(10);
        result.Counts.ConnectionErrors.ShouldBe(0);
        result.Counts.Total.ShouldBe(70);
        result.Latency.Count.ShouldBe(70);
        result.ModelLatency.Count.ShouldBe(10);
        result.RefusalLatency.Count.ShouldBe(30);
        result.Problems.Count.ShouldBe(10);
        result.Problems.ShouldContain("request 6: 500 {\"error\":\"boom\"}");
        result.Cancelled.ShouldBeFalse();
    }

    [Fact]
    public async Task Run_DefaultAnswers_AreCountedByTheirExplanation()
    {
        string[] answers =
        [
            """{"output":1,"default":false,"default_explanation":"not one"}""",
            """{"output":-1,"default":true,"default_explanation":"too late"}""",
            """{"output":-1,"default":true,"default_explanation":"too late"}""",
            """{"output":"default_explanation","default":true}""",
            """{"default":true no JSON""",
        ];
        await using var server = new RawServer((number, _) => Reply.Ok(answers[number % 5]));

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 50 }, stop: None);

        result.Counts.Default.ShouldBe(40, result.ToString());
        result.DefaultExplanations.ShouldBe([("too late", 20L), ("without an explanation", 20L)], ignoreOrder: true);
    }

    [Fact]
    public async Task Run_ExplanationsThatAllDiffer_AreNotKeptAll()
    {
        await using var server = new RawServer((number, _) => Reply.Ok($$"""{"default":true,"default_explanation":"{{number}} are waiting"}"""));

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 50 }, stop: None);

        result.DefaultExplanations.Count.ShouldBe(21);
        result.DefaultExplanations[^1].ShouldBe(("other explanations", 30L));
    }

    [Fact]
    public async Task Run_WithSomebodyToTell_TellsAtTheStart()
    {
        await using var server = new RawServer((_, _) => Reply.Ok("{}"));
        var told = new List<LoadProgress>();

        await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 5, Progress = told.Add }, time: new ManualTime(), stop: None);

        told[0].ShouldBe(new LoadProgress(TimeSpan.Zero, 0));
    }

    [Fact]
    public async Task Run_ManyConnections_EachRequestIsSentOnceAndCheckedWithItsIndex()
    {
        await using var server = new RawServer((_, body) => Reply.Ok(body));
        var seen = new int[1000];
        var plan = new LoadPlan
        {
            Uri = server.Uri,
            Requests = seen.Length,
            Connections = 8,
            Headers = new Dictionary<string, string> { ["X-One"] = "1" },
            Body = index => Encoding.ASCII.GetBytes($"body {index}"),
        };

        var result = await LoadRunner.RunAsync(
            plan,
            (index, body) => Interlocked.Increment(ref seen[index]) == 1 && body.SequenceEqual(Encoding.ASCII.GetBytes($"body {index}")),
            stop: None);

        result.Counts.Model.ShouldBe(seen.Length, result.ToString());
        seen.ShouldAllBe(times => times == 1);
        server.Accepted.ShouldBe(8);
        server.FirstHead.ShouldStartWith("POST /app/predict?x=1 HTTP/1.1\r\nHost: 127.0.0.1:");
        server.FirstHead.ShouldContain("\r\nX-One: 1\r\n");
    }

    [Fact]
    public async Task Run_ConnectionThatBreaksWithinAnAnswer_IsCountedOnceAndOpenedAgain()
    {
        await using var server = new RawServer((number, _) => number == 3 ? new Reply(["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"], Close: true) : Reply.Ok("{}"));

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 10 }, stop: None);

        result.Counts[AnswerClass.Broken].ShouldBe(1);
        result.Counts.Model.ShouldBe(9);
        result.Counts.Total.ShouldBe(10);
        server.Accepted.ShouldBe(2);
        result.Problems.ShouldBe(["request 3: the connection ended within the answer, after 43 bytes"]);
    }

    [Fact]
    public async Task Run_ServerThatSaysClose_IsNoError()
    {
        await using var server = new RawServer((_, _) => new Reply([Reply.Text(200, "{}", "Connection: close\r\n")], Close: true));

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 5 }, stop: None);

        result.Counts.Model.ShouldBe(5, result.ToString());
        server.Accepted.ShouldBe(5);
    }

    [Fact]
    public async Task Run_NothingListens_CountsRefusalsAndEndsInTime()
    {
        Uri uri;
        await using (var server = new RawServer((_, _) => Reply.Ok("{}")))
        {
            uri = server.Uri;
        }

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = uri, Requests = 3 }, stop: None);

        result.Counts[AnswerClass.Refused].ShouldBe(3, result.ToString());
        result.PerSecond.ShouldBe(0);
    }

    [Fact]
    public async Task Run_AnswerThatNeverComes_TimesOutAndTheNextRequestGoesOn()
    {
        var time = new ManualTime();
        var never = new TaskCompletionSource<Reply>();
        await using var server = new RawServer((number, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(number == 0 ? 11 : 0));
            return number == 0 ? never.Task : Task.FromResult(Reply.Ok("{}"));
        });

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Requests = 3, Duration = TimeSpan.FromMinutes(1) }, time: time, stop: None);
        never.SetResult(Reply.Ok("{}"));

        result.Counts[AnswerClass.TimedOut].ShouldBe(1, result.ToString());
        result.Counts.Model.ShouldBe(2);
        result.Problems[0].ShouldBe("request 0: no answer within 00:00:10");
    }

    [Fact]
    public async Task Run_Cancelled_EndsWithWhatItHas()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new RawServer((number, _) =>
        {
            if (number == 20)
            {
                stop.Cancel();
            }

            return Reply.Ok("{}");
        });

        var result = await LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Duration = TimeSpan.FromMinutes(5) }, stop: stop.Token);

        result.Cancelled.ShouldBeTrue();
        result.Counts.Model.ShouldBe(21);
    }

    [Fact]
    public async Task Run_CheckThatThrows_ThrowsThat()
    {
        await using var server = new RawServer((_, _) => Reply.Ok("{}"));

        var run = LoadRunner.RunAsync(new LoadPlan { Uri = server.Uri, Connections = 4 }, (_, _) => throw new InvalidOperationException("mine"), stop: None);

        (await Should.ThrowAsync<InvalidOperationException>(run)).Message.ShouldBe("mine");
    }

    [Fact]
    public async Task Run_Series_AddsUpToTheCountsAndSplitsAtAnOffset()
    {
        await using var server = new RawServer((_, _) => Reply.Ok("{}"));
        var plan = new LoadPlan { Uri = server.Uri, Requests = 500, Connections = 2, Interval = TimeSpan.FromMilliseconds(10) };

        var result = await LoadRunner.RunAsync(plan, stop: None);

        result.Series.Sum(interval => interval.Counts.Model).ShouldBe(500);
        result.Series.Select(interval => interval.Start).ShouldBe(Enumerable.Range(0, result.Series.Count).Select(i => TimeSpan.FromMilliseconds(10 * i)));
        var (from, to) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(30));
        (result.Between(from, to) + result.Outside(from, to)).Total.ShouldBe(500);
        result.Between(from, to).Total.ShouldBe(result.Series.Skip(1).Take(2).Sum(interval => interval.Counts.Total));
    }

    [Fact]
    public async Task Run_WarmUpAndSlo_CountOnlyWhatWasSentAfterAndAnsweredWithin()
    {
        // Sent at 0, 5, 20, 25, 40, 45, 60, ... ms: the even ones take 5 ms, the odd ones 15.
        var time = new ManualTime();
        await using var server = new RawServer((number, _) =>
        {
            time.Advance(TimeSpan.FromMilliseconds(number % 2 == 0 ? 5 : 15));
            return Reply.Ok("{}");
        });
        var plan = new LoadPlan { Uri = server.Uri, Requests = 20, WarmUp = TimeSpan.FromMilliseconds(50), Slo = TimeSpan.FromMilliseconds(5) };

        var result = await LoadRunner.RunAsync(plan, time: time, stop: None);

        result.Counts.Model.ShouldBe(14);
        result.InTime.ShouldBe(7);
        result.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(150));
        result.InTimePerSecond.ShouldBe(7 / 0.15, 0.001);
        result.ModelLatency.Count.ShouldBe(14);
        result.ModelLatency.Max.ShouldBe(TimeSpan.FromMilliseconds(15));
        result.Series.Sum(interval => interval.Counts.Total).ShouldBe(20);
        result.OffsetOf(time, time.GetTimestamp()).ShouldBe(TimeSpan.FromMilliseconds(200));
    }

    [Theory]
    [InlineData("http://192.0.2.1:80/", "this machine only")]
    [InlineData("http://example.com/", "this machine only")]
    [InlineData("https://127.0.0.1/", "absolute http address")]
    public async Task Run_AddressElsewhere_IsRefused(string uri, string because)
    {
        var e = await Should.ThrowAsync<ArgumentException>(LoadRunner.RunAsync(new LoadPlan { Uri = new Uri(uri) }, stop: None));

        e.Message.ShouldContain(because);
    }

    [Fact]
    public async Task Run_WrongPlan_SaysAllThatIsWrong()
    {
        var plan = new LoadPlan { Uri = new Uri("http://localhost/"), Connections = 0, Rate = -1, Headers = new Dictionary<string, string> { ["host"] = "x" } };

        var e = await Should.ThrowAsync<ArgumentException>(LoadRunner.RunAsync(plan, stop: None));

        e.Message.ShouldContain("Connections: expected 1 to 4096, got 0");
        e.Message.ShouldContain("Rate:");
        e.Message.ShouldContain("host is written by the load generator itself");
    }
}
