using System.Globalization;

namespace Orchestrator.Conformance.Checks;

internal sealed class LiveCheck() : ContractCheck("health.live", "answers that it is alive", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken) =>
        (await context.Client.GetAsync("/v2/health/live", cancellationToken)).ExpectStatus(200);
}

internal sealed class ReadyCheck() : ContractCheck("health.ready", "answers that it is ready", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken) =>
        (await context.Client.GetAsync("/v2/health/ready", cancellationToken)).ExpectStatus(200);
}

internal sealed class HealthDuringInferenceCheck() : ContractCheck("health.during-inference", "answers health while batches compute", CheckLevel.Required)
{
    private const int Batches = 4;
    private const int FewestProbes = 3;
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(1);

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var call = new InferCall { Inputs = context.Target.SlowSample?.Inputs ?? context.JsonRows() };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.WhenAll(Enumerable.Range(0, Batches).Select(_ => context.Client.PostInferAsync(call.ToBody(), stop.Token)));
        try
        {
            for (var probes = 0; probes < FewestProbes || !running.IsCompleted; probes++)
            {
                ExpectQuick((await context.Client.GetAsync("/v2/health/live", cancellationToken)).ExpectStatus(200));
            }
        }
        catch (CheckFailedException)
        {
            // The batches are of no interest any more, but nobody shall run on behind the next check.
            await stop.CancelAsync();
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        foreach (var answer in await running)
        {
            // Busy is as good as an answer here.
            _ = answer.Status == 503 ? answer : answer.ExpectStatus(200);
        }
    }

    private static void ExpectQuick(Answer live)
    {
        if (live.Elapsed > Slowest)
        {
            throw new CheckFailedException("health within 1 s while batches compute", string.Create(CultureInfo.InvariantCulture, $"{live.Elapsed.TotalSeconds:0.0} s"));
        }
    }
}
