using Orchestrator.Host.Gateway;
using Orchestrator.Host.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Host.Tests.Gateway;

public sealed class RepeatRuleTests
{
    [Theory]
    [InlineData("POST", "/digits/predict", 100L, true)]
    [InlineData("POST", "/v2/models/m/infer", 100L, true)]
    [InlineData("POST", "/v2/models/m/versions/1/infer", 100L, true)]
    [InlineData("POST", "/once/predict", 100L, false)]
    [InlineData("POST", "/v2/models/once/versions/1/infer", 100L, false)]
    [InlineData("POST", "/digits/predict", RepeatRule.LargestKeptBody + 1L, false)]
    [InlineData("POST", "/digits/predict", null, false)]
    [InlineData("POST", "/containers/m/1/predict", 100L, false)]
    [InlineData("POST", "/v2/repository/index", 2L, false)]
    [InlineData("POST", "/digits/predict", 0L, true)]
    [InlineData("GET", "/v2/models", 0L, true)]
    [InlineData("GET", "/v2/models", null, false)]
    [InlineData("GET", "/v2/models", RepeatRule.LargestKeptBody + 1L, false)]
    [InlineData("GET", "/containers/m/1/stream", 0L, false)]
    public void IsRepeatable_IsWhatDoesNoHarmTwice(string method, string path, long? length, bool expected)
    {
        var health = Health();
        health.SetNotIdempotent("a:1", "none");
        health.SetNotIdempotent("b:1", "model/once,app/once");
        RepeatRule.IsRepeatable(method, path, length, health).ShouldBe(expected);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*")]
    public void IsRepeatable_WhatIsNotIdempotentIsUnknown_No(string? said)
    {
        var health = Health();
        if (said is not null)
        {
            health.SetNotIdempotent("a:1", said);
        }

        RepeatRule.IsRepeatable("POST", "/digits/predict", 100, health).ShouldBeFalse();
    }

    [Fact]
    public void MayGoOn_OnlyWhatWasNotSentOrIsRepeatable_WithinTriesAndTime()
    {
        RepeatRule.MayGoOn(AttemptEnd.NotSent, 1, isRepeatable: false, null).ShouldBeTrue();
        RepeatRule.MayGoOn(AttemptEnd.Broke, 1, isRepeatable: true, TimeSpan.FromSeconds(1)).ShouldBeTrue();
        RepeatRule.MayGoOn(AttemptEnd.Broke, 1, isRepeatable: false, null).ShouldBeFalse();
        RepeatRule.MayGoOn(AttemptEnd.Other, 1, isRepeatable: true, null).ShouldBeFalse();
        RepeatRule.MayGoOn(AttemptEnd.NotSent, RepeatRule.MaxAttempts, isRepeatable: true, null).ShouldBeFalse();
        RepeatRule.MayGoOn(AttemptEnd.NotSent, 1, isRepeatable: true, TimeSpan.Zero).ShouldBeFalse();
    }

    [Fact]
    public void EndOf_NoConnection_IsNotSent_AndABrokenOneIsNot()
    {
        RepeatRule.EndOf(ForwarderError.Request, new HttpRequestException(HttpRequestError.ConnectionError)).ShouldBe(AttemptEnd.NotSent);
        RepeatRule.EndOf(ForwarderError.Request, new HttpRequestException(HttpRequestError.ResponseEnded)).ShouldBe(AttemptEnd.Broke);
        RepeatRule.EndOf(ForwarderError.RequestTimedOut, new TaskCanceledException("connecting", new TimeoutException())).ShouldBe(AttemptEnd.NotSent);
        RepeatRule.EndOf(ForwarderError.RequestTimedOut, new OperationCanceledException()).ShouldBe(AttemptEnd.Broke);
        RepeatRule.EndOf(ForwarderError.RequestCanceled, null).ShouldBe(AttemptEnd.Other);
    }

    [Theory]
    [InlineData("gateway", null, "--role gateway: needs --frontends")]
    [InlineData("gateway", "h", "expected http://HOST:PORT of query frontends, separated by commas, got 'h'")]
    [InlineData("gateway", "http://h:1/path", "got 'http://h:1/path'")]
    [InlineData("gateway", "h:1,http://h:1", "is named twice")]
    [InlineData("gateway", "127.0.0.1:1337", "it would forward to itself")]
    [InlineData("all", "h:1", "needs --role gateway")]
    [InlineData("gate", null, "expected control, frontend, all or gateway, got 'gate'")]
    public void Options_OfAGatewayThatCannotBe_SayWhatWasExpected(string role, string? frontends, string expected)
    {
        var errors = new List<string>();
        HostOptionsValidator.Validate(new HostOptions { Role = role, Frontends = frontends, ContainersDirectory = "c" }, errors);
        errors.ShouldHaveSingleItem().ShouldContain(expected);
    }

    private static FrontendHealth Health() => new(new HostOptions { Role = HostOptions.GatewayRole, Frontends = "a:1,b:1" });
}
