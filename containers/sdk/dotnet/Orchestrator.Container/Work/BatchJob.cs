namespace Orchestrator.Container;

/// <summary>How a batch ended on its worker.</summary>
internal enum JobOutcome
{
    /// <summary>The outputs are set.</summary>
    Done,
    /// <summary>The model threw.</summary>
    Failed,
    /// <summary>Its deadline had passed before it began.</summary>
    TooLate,
    /// <summary>Its caller had gone before it began.</summary>
    Abandoned,
}

/// <summary>One batch on its way through a worker. Completes exactly once, through <see cref="Complete"/>.</summary>
internal sealed class BatchJob(Batch batch, long enqueued, long? deadline, CancellationToken caller)
{
    private readonly TaskCompletionSource<JobOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Batch Batch => batch;

    /// <summary>Timestamp of its arrival in the queue.</summary>
    public long Enqueued => enqueued;

    /// <summary>Timestamp; null: none.</summary>
    public long? Deadline => deadline;

    public CancellationToken Caller => caller;

    public TimeSpan Queued { get; set; }

    public TimeSpan Computed { get; set; }

    /// <summary>Set with <see cref="JobOutcome.Failed"/>.</summary>
    public Exception? Failure { get; set; }

    public Task<JobOutcome> Completion => _completion.Task;

    public void Complete(JobOutcome outcome) => _completion.SetResult(outcome);
}
