using Orchestrator.Core;

namespace Orchestrator.Docker.Engine;

/// <summary>Ends a stream that says nothing for too long: a pull whose registry hangs would otherwise never end.</summary>
internal sealed class StreamSilence : IDisposable
{
    private readonly TimeSpan _longest;
    private readonly CancellationToken _callers;
    private readonly CancellationTokenSource _late = new();
    private readonly CancellationTokenSource _either;
    private readonly ITimer _timer;

    public StreamSilence(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        (_longest, _callers) = (longest, cancellationToken);
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _late.Token);
        _timer = time.CreateTimer(_ => _late.Cancel(), null, longest, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For reading the stream.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Hands its items on; each begins the wait anew.</summary>
    /// <exception cref="EngineUnreachableException">None came for too long.</exception>
    public async IAsyncEnumerable<T> WatchAsync<T>(IAsyncEnumerable<T> stream, string call)
    {
        await using var items = stream.GetAsyncEnumerator(Token);
        while (await MoveNextAsync(items, call))
        {
            _timer.Change(_longest, Timeout.InfiniteTimeSpan);
            yield return items.Current;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _either.Dispose();
        _late.Dispose();
    }

    private async ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<T> items, string call)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (OperationCanceledException exception) when (_late.IsCancellationRequested && !_callers.IsCancellationRequested)
        {
            throw new EngineUnreachableException($"engine unreachable: it said nothing for {Durations.Describe(_longest)} and was given up ({call})", exception);
        }
    }
}
