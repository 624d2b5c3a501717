namespace Orchestrator.Container;

/// <summary>
/// The threads that compute: as many as may compute at the same time, and room for one batch more that waits, so that a worker never idles for the length of a round trip. Where there
/// is one worker, the next batch may still be on its way when it ends: then two may wait.
/// Threads are background ones: a model that hangs cannot keep the process from ending.
/// </summary>
internal sealed class BatchWorkers
{
    private readonly object _gate = new();
    private readonly Queue<BatchJob> _waiting = new();
    private readonly int _capacity;
    private readonly TimeProvider _time;
    private IModel? _model;
    private int _admitted;
    private bool _stopped;

    public BatchWorkers(int concurrency, TimeProvider time)
    {
        Concurrency = concurrency;
        Waiting = concurrency == 1 ? 2 : 1;
        _capacity = concurrency + Waiting;
        _time = time;
    }

    public int Concurrency { get; }

    /// <summary>Batches that may wait for a worker.</summary>
    public int Waiting { get; }

    public void Start(IModel model)
    {
        _model = model;
        for (var i = 0; i < Concurrency; i++)
        {
            new Thread(Run) { IsBackground = true, Name = $"batch-{i}" }.Start();
        }
    }

    /// <summary>Takes a place if one is free; the caller then either <see cref="Enqueue"/>s a job, which gives the place back when it has ended, or calls <see cref="Leave"/>.</summary>
    public bool TryAdmit()
    {
        lock (_gate)
        {
            if (_stopped || _admitted >= _capacity)
            {
                return false;
            }

            _admitted++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _admitted--;
        }
    }

    public void Enqueue(BatchJob job)
    {
        lock (_gate)
        {
            _waiting.Enqueue(job);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the threads that do not compute; called once nothing more can arrive.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (Take() is { } job)
        {
            var outcome = Compute(job);
            // The place is given back before the answer leaves: whoever reads the answer may send the next batch at once.
            Leave();
            job.Complete(outcome);
        }
    }

    private BatchJob? Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_stopped)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            return _waiting.Dequeue();
        }
    }

    private JobOutcome Compute(BatchJob job)
    {
        var begun = _time.GetTimestamp();
        job.Queued = _time.GetElapsedTime(job.Enqueued, begun);
        if (job.Caller.IsCancellationRequested)
        {
            return JobOutcome.Abandoned;
        }

        if (job.Deadline is { } deadline && begun >= deadline)
        {
            return JobOutcome.TooLate;
        }

        try
        {
            var task = _model!.PredictAsync(job.Batch, job.Caller);
            if (!task.IsCompletedSuccessfully)
            {
                task.AsTask().GetAwaiter().GetResult();
            }

            job.Batch.OutputBuffers.Complete(job.Batch.RowErrors);
            return JobOutcome.Done;
        }
#pragma warning disable CA1031 // Whatever the author's code throws is the answer to this batch and must not end the worker.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            job.Failure = failure;
            return JobOutcome.Failed;
        }
        finally
        {
            job.Computed = _time.GetElapsedTime(begun);
        }
    }
}
