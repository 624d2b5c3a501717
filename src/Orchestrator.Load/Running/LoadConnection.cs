using System.Net;
using System.Net.Sockets;

using Orchestrator.Load.Arrivals;
using Orchestrator.Load.Wire;

namespace Orchestrator.Load.Running;

/// <summary>One connection: sends requests one after the other, opens itself again when it broke, and ends when there are no more.</summary>
internal sealed class LoadConnection(LoadPlan plan, IPEndPoint endpoint, IArrivals arrivals, LoadTally tally, AnswerSorter sorter, TimeProvider time) : IDisposable
{
    // A server that is just starting again is asked often enough to notice, and not so often that asking slows its start.
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(20);
    private const long Idle = 0;
    private const long Overdue = -1;

    private readonly RequestWriter _writer = new(plan);
    private readonly AnswerReader _reader = new();
    private byte[] _request = [];
    private Socket? _socket;

    // When the request in flight was sent; Overdue when the watch has given it up. Whoever exchanges it away decides how the request ends.
    private long _since;

    // When the answer before was there; 0: nothing was sent yet.
    private long _freeSince;

    /// <summary>Runs until there is no further request.</summary>
    public async Task RunAsync()
    {
        for (var arrival = await arrivals.NextAsync(_freeSince); !arrival.IsNone; arrival = await arrivals.NextAsync(_freeSince))
        {
            var answer = await SendAsync(arrival);
            if (answer == AnswerClass.Refused)
            {
                await Task.Delay(PauseAfterRefusal, time);
                // The pause is the server's doing, not a delay of the generator's own.
                _freeSince = time.GetTimestamp();
            }
        }
    }

    /// <summary>Called by the watch from its own thread: gives up a request that has waited too long, by closing the connection under it.</summary>
    public void CloseIfOverdue(long now)
    {
        var socket = Volatile.Read(ref _socket);
        var since = Volatile.Read(ref _since);
        if (since > Idle && time.GetElapsedTime(since, now) > plan.RequestTimeout && Interlocked.CompareExchange(ref _since, Overdue, since) == since)
        {
            socket?.Dispose();
        }
    }

    public void Dispose() => Close();

    private async Task<AnswerClass> SendAsync(Arrival arrival)
    {
        var request = _writer.Write(ref _request, plan.Body(arrival.Index).Span);
        var socket = _socket;
        var isNew = socket is null;
        if (socket is null)
        {
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            Volatile.Write(ref _socket, socket);
        }

        var sent = time.GetTimestamp();
        Volatile.Write(ref _since, sent);
        Exception? failure = null;
        try
        {
            if (isNew)
            {
                await socket.ConnectAsync(endpoint);
            }

            isNew = false;
            await ExchangeAsync(socket, request);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or MalformedAnswerException)
        {
            failure = e;
        }

        var ended = time.GetTimestamp();
        var answer = Interlocked.Exchange(ref _since, Idle) == Overdue ? TimedOut(arrival) : failure is null ? Sort(arrival) : Failed(arrival, isNew, failure);
        tally.Record(arrival, answer, _freeSince, sent, ended);
        _freeSince = ended;
        if (answer is AnswerClass.TimedOut || failure is not null || !_reader.KeepAlive)
        {
            Close();
        }

        return answer;
    }

    private AnswerClass TimedOut(Arrival arrival)
    {
        tally.Problem(arrival.Index, plan.RequestTimeout, static timeout => $"no answer within {timeout}");
        return AnswerClass.TimedOut;
    }

    private AnswerClass Failed(Arrival arrival, bool connecting, Exception failure)
    {
        tally.Problem(arrival.Index, failure, static failure => failure.Message);
        return connecting ? AnswerClass.Refused : AnswerClass.Broken;
    }

    private async ValueTask ExchangeAsync(Socket socket, ReadOnlyMemory<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[await socket.SendAsync(request)..];
        }

        _reader.Reset();
        while (!_reader.Advance(await socket.ReceiveAsync(_reader.Free())))
        {
        }
    }

    private AnswerClass Sort(Arrival arrival)
    {
        var answer = sorter.Sort(arrival.Index, _reader.Status, _reader.Body);
        if (answer == AnswerClass.Default)
        {
            tally.RecordExplanation(arrival, _reader.Body);
        }
        else if (answer != AnswerClass.Model)
        {
            tally.Problem(arrival.Index, _reader, static reader => AnswerSorter.Describe(reader.Status, reader.Body));
        }

        return answer;
    }

    private void Close()
    {
        _socket?.Dispose();
        Volatile.Write(ref _socket, null);
    }
}
