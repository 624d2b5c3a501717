using System.Globalization;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Output;
using Orchestrator.Load;
using Orchestrator.Load.Inputs;
using Orchestrator.Load.Reporting;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Measuring;

/// <summary>Makes the measurements of one <c>orch bench</c> and remembers them.</summary>
/// <param name="session">Where progress goes.</param>
/// <param name="expected">What must come back; null: anything.</param>
/// <param name="model">Whose server-side times are read; null: nobody's.</param>
internal sealed class BenchRun(Session session, ExpectedOutputs? expected, string? model)
{
    private readonly List<ServerTimes?> _server = [];

    /// <summary>One per measurement, in order.</summary>
    public IReadOnlyList<ServerTimes?> Server => _server;

    public async Task<LoadResult> MeasureAsync(LoadPlan plan, CancellationToken stop)
    {
        var before = await ReadClockAsync(stop);
        var result = await LoadRunner.RunAsync(plan, expected is null ? null : expected.IsRight, session.Context.Time, stop);
        _server.Add(before is { } earlier && await ReadClockAsync(CancellationToken.None) is { } now ? now.Since(earlier) : null);
        await session.Printer.NoteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{(plan.Rate is { } r ? $"{r:0.#}/s" : $"{plan.Connections} connections, closed loop")}: {result.InTimePerSecond:0.#} right answers in time/s, p50 {Sizes.Format(result.ModelLatency.P50)}, p99 {Sizes.Format(result.ModelLatency.P99)}; {result.Counts}"));
        if (result.Problems.Count > 0 && result.Counts.Model == 0)
        {
            await session.Printer.NoteAsync($"  {result.Problems[0]}");
        }

        return result;
    }

    private async ValueTask<ServerClock?> ReadClockAsync(CancellationToken stop) =>
        model is null ? null : await ServerClock.ReadAsync(session.Http, session.Admin.Address, model, stop);
}
