using Orchestrator.Serving.Batching;

namespace Orchestrator.Serving.Tests.Batching;

/// <summary>What the policies with a limit have in common: 5 ms + 0.5 ms a row, 1 ms for answering.</summary>
public sealed class EagerDispatchTests
{
    private static readonly LinearEstimate Profile = new(5, 0.5, HighShare: 0);

    [Theory]
    [InlineData(6.4, BatchVerdict.Infeasible)]
    [InlineData(6.5, BatchVerdict.Accept)]
    public void Admit_HopelessAlone_IsNotTaken(double slackMs, BatchVerdict expected) =>
        EagerDispatch.Admit(new ArrivalView(1, TimeSpan.FromMilliseconds(slackMs), false, 1000, 1, TimeSpan.FromSeconds(1), 16, 0), Profile).ShouldBe(expected);

    [Theory]
    [InlineData(4, 40, 4)] // all that waits
    [InlineData(40, 40, 16)] // the limit
    [InlineData(16, 12, 12)] // what fits the head's deadline: 11 ms
    public void Decide_SendsWhatTheHeadSurvives(int rows, double slackMs, int expected) =>
        Decide(rows, slackMs).ShouldBe(BatchDecision.Send(expected));

    [Theory]
    [InlineData(8, 6)] // hopeless: one row takes 5.5 ms, answering 1 ms
    [InlineData(40, 7)] // two rows in 6 ms would cost more than half of the throughput, and others wait
    public void Decide_HeadWithoutHope_IsGivenUp(int rows, double slackMs) => Decide(rows, slackMs).ShouldBe(BatchDecision.GiveUp(1));

    [Theory]
    [InlineData(5.9, BatchVerdict.Infeasible)] // never once done in less than 4.95 ms
    [InlineData(6, BatchVerdict.Accept)]
    public void Admit_NothingElseWaits_WhatWasDoneOnceIsTried(double slackMs, BatchVerdict expected) =>
        EagerDispatch.Admit(new ArrivalView(1, TimeSpan.FromMilliseconds(slackMs), true, 0, 1, TimeSpan.Zero, 16, 0), Profile).ShouldBe(expected);

    [Fact]
    public void Decide_TightHeadAndNobodyElse_IsTried() => Decide(8, 7).ShouldBe(BatchDecision.Send(2));

    private static BatchDecision Decide(int rows, double slackMs)
    {
        var slack = TimeSpan.FromMilliseconds(slackMs);
        return EagerDispatch.Decide(new QueueView(rows, 1, rows == 1, slack, slack, TimeSpan.Zero, TimeSpan.Zero, 0, 0, 0, TimeSpan.Zero, false, 1), 16, Profile, TimeSpan.Zero);
    }
}
