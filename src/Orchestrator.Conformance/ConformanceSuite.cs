using System.Runtime.CompilerServices;
using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>The container contract (docs/container-contract.md) as checks against any URL. Sends right and wrong requests; the model is left as it was.</summary>
/// <param name="timeProvider">For timeouts and durations; null: the system's.</param>
public sealed class ConformanceSuite(TimeProvider? timeProvider = null)
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Runs every check, one after the other, and yields each result as it is known. If nothing answers, the first check fails and the others are skipped.</summary>
    /// <param name="target">The container; it should be ready.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async IAsyncEnumerable<CheckResult> RunAsync(ConformanceTarget target, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        using var client = new ContainerClient(target, _time);
        var context = new CheckContext(target, client, _time);
        var isAlive = true;
        foreach (var check in CheckList.All)
        {
            var result = isAlive
                ? await RunAsync(check, context, cancellationToken)
                : new CheckResult(check.Id, check.Title, check.Level, CheckOutcome.Skipped, $"nothing answers: see {CheckList.First.Id}", TimeSpan.Zero);
            yield return result;
            if (check == CheckList.First)
            {
                isAlive = result.Outcome == CheckOutcome.Passed;
                await (isAlive ? context.DiscoverAsync(cancellationToken) : Task.CompletedTask);
            }
        }
    }

    /// <summary>Runs one check alone.</summary>
    internal async Task<CheckResult> RunOneAsync(ContractCheck check, ConformanceTarget target, CancellationToken cancellationToken)
    {
        using var client = new ContainerClient(target, _time);
        var context = new CheckContext(target, client, _time);
        await context.DiscoverAsync(cancellationToken);
        return await RunAsync(check, context, cancellationToken);
    }

    private async Task<CheckResult> RunAsync(ContractCheck check, CheckContext context, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var (outcome, detail) = (CheckOutcome.Passed, "");
        try
        {
            if (check.Level == CheckLevel.Extra && !context.HasContainerExtension)
            {
                throw new CheckSkippedException($"the server does not list the extension {ContractNames.ContainerExtension}");
            }

            await check.RunAsync(context, cancellationToken);
        }
        catch (CheckSkippedException e)
        {
            (outcome, detail) = (CheckOutcome.Skipped, e.Message);
        }
        catch (ModelFailedException e) when (context.Target.Sample is null)
        {
            // Said once as a failure; the checks after it would only repeat it.
            (outcome, detail) = context.CannotComputeMadeUpInputs
                ? (CheckOutcome.Skipped, "needs inputs that the model can compute: give a sample")
                : (CheckOutcome.Failed, $"{e.Message} (to inputs made up from the signature: if this model cannot compute just any values, give a sample)");
            context.CannotComputeMadeUpInputs = true;
        }
        catch (CheckFailedException e)
        {
            (outcome, detail) = (CheckOutcome.Failed, e.Message);
        }
        catch (ProtocolException e)
        {
            (outcome, detail) = (CheckOutcome.Failed, $"expected what the protocol says, got something else: {e.Message}");
        }

        return new CheckResult(check.Id, check.Title, check.Level, outcome, detail, _time.GetElapsedTime(started));
    }
}
