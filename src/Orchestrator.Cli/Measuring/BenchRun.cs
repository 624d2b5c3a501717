using System.Globalization;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Output;
using Orchestrator.Load;
using Orchestrator.Load.Inputs;
using Orchestrator.Load.Reporting;

namespace Orchestrator.Cli.Measuring;

/// <summary>Makes the measurements of one <c>orch bench</c> and remembers them.</summary>
/// <param name="session">Where progress goes.</param>
/// <param name="inputs">What is sent.</param>
/// <param name="expected">What must come back; null: anything.</param>
/// <param name="models">Whose server-side times and cache are read.</param>
internal sealed class BenchRun(Session session, PredictInputs inputs, ExpectedOutputs? expected, IReadOnlyCollection<string> models)
{
    private readonly List<Measurement> _measurements = [];

    /// <summary>In order.</summary>
    public IReadOnlyList<Measurement> Measurements => _measurements;

    /// <summary>Whether an answer could be wrong.</summary>
    public bool IsChecked => expected is not null;

    /// <param name="plan">All but what is sent.</param>
    /// <param name="stop">Ends the load.</param>
    public async Task<LoadResult> MeasureAsync(LoadPlan plan, CancellationToken stop)
    {
        var name = plan.Rate is { } rate ? Text($"{rate:0.#}/s") : Text($"{plan.Connections} connections, closed loop");
        var before = await ServerClock.ReadAsync(session, models, stop);
        stop.ThrowIfCancellationRequested();
        // Made-up inputs are numbered by the clock, so that no measurement, now or later, asks what an earlier one has put into the cache. No rate outruns its microseconds.
        var first = (session.Context.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        plan = plan with { Body = inputs.IsMade ? index => inputs.Body(first + index) : index => inputs.Body(index), Progress = p => ShowProgress(plan, name, p) };
        LoadResult result;
        try
        {
            result = await LoadRunner.RunAsync(plan, expected is null ? null : expected.IsRight, session.Context.Time, stop);
        }
        finally
        {
            session.Printer.Progress(null);
        }

        var after = before is null ? null : await ServerClock.ReadAfterAsync(session, models, stop);
        var sent = SentOf(result);
        // Each target of the application counts a prediction of its own.
        var measurement = new Measurement(plan.Connections, sent, before is { } b && after is { } a ? a.Since(b) : null, before is { } c && after is { } d ? d.CacheSince(c, sent * models.Count) : null);
        _measurements.Add(measurement);
        await session.Printer.NoteAsync(Text(
            $"{name}: {result.InTimePerSecond:0.#} {(IsChecked ? "right answers" : "answers")} in time/s, p50 {Sizes.Format(result.ModelLatency.P50)}, p99 {Sizes.Format(result.ModelLatency.P99)}; {result.Counts}"));
        if (result.Problems.Count > 0 && result.Counts.Model == 0)
        {
            await session.Printer.NoteAsync($"  {result.Problems[0]}");
        }

        return result;
    }

    // Of the rows, for the counts are without the warm-up.
    private static long SentOf(LoadResult result) => result.Series.Sum(i => i.Counts.Total - i.Counts[AnswerClass.Unsent] - i.Counts[AnswerClass.Refused]);

    private void ShowProgress(LoadPlan plan, string name, LoadProgress progress)
    {
        var most = plan.Requests is { } requests ? Text($" of {requests}") : "";
        session.Printer.Progress(progress.Elapsed < plan.WarmUp
            ? Text($"{name}: warming up for {Sizes.Format(plan.WarmUp)}")
            : Text($"{name}: {(int)progress.Elapsed.TotalSeconds} s of {plan.Duration.TotalSeconds:0.#} s, {progress.Ended}{most} requests"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What is known of a measurement beside its result.</summary>
/// <param name="Connections">Kept open.</param>
/// <param name="Sent">Requests, warm-up included.</param>
/// <param name="Server">The server's own times; null: unknown.</param>
/// <param name="Cache">Use of the prediction cache, warm-up included; null: unknown.</param>
internal sealed record Measurement(int Connections, long Sent, ServerTimes? Server, CacheUse? Cache);
