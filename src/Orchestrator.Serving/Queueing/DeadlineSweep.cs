using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Queueing;

/// <summary>Answers whoever's deadline has passed, waiting or out, and says when the next one does. Under its queue's lock.</summary>
internal sealed class DeadlineSweep(BatchScheduler<PredictionItem> scheduler, OutBatches outBatches, PredictionOutcome missed)
{
    /// <summary>The earliest deadline that is not answered yet; max when there is none.</summary>
    public long NextDeadline
    {
        get
        {
            var next = Math.Min(scheduler.Waiting.NextDeadline, outBatches.NextDeadline);
            foreach (var item in scheduler.Waiting.Alone)
            {
                next = Math.Min(next, item.Deadlines().Earliest);
            }

            return next;
        }
    }

    /// <summary>Answers those whose deadline has passed at <paramref name="now"/>; items for which nobody waits any more are given up.</summary>
    public void Expire(long now)
    {
        var waiting = scheduler.Waiting;
        while (waiting.TryPopExpired(now, out var item))
        {
            if (item.Expire(now, missed))
            {
                waiting.Push(item, item.Deadlines().Earliest);
            }
            else
            {
                scheduler.GiveUp(item);
            }
        }

        foreach (var item in waiting.Alone)
        {
            if (item.State == ItemState.Waiting && !item.Expire(now, missed))
            {
                scheduler.GiveUp(item);
            }
        }

        outBatches.Expire(now, missed);
    }
}
