using System.Buffers;

namespace Orchestrator.Host.Query.Http;

/// <summary>A whole request body in a pooled array. Whoever disposes it promises that nothing refers to <see cref="Memory"/> any more.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstRent = 4 * 1024;

    // What a client claims in Content-Length is believed up to here; beyond, the array grows with what really arrives.
    private const int MostRentedOnTrust = 64 * 1024;

    private byte[] _array;
    private int _length;

    private RequestBody(int capacity) => _array = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, _length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, _length);

    /// <summary>Reads the body to its end. After a large one its caller goes on in the pool.</summary>
    /// <exception cref="BadHttpRequestException">413: more than <paramref name="limit"/> bytes; or what Kestrel finds wrong with the body.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        var reader = request.BodyReader;
        var body = new RequestBody((int)Math.Clamp(request.ContentLength ?? 0, FirstRent, MostRentedOnTrust));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var fits = result.Buffer.Length <= limit - body._length;
                if (fits)
                {
                    body.Append(result.Buffer);
                }

                reader.AdvanceTo(result.Buffer.End);
                if (!fits)
                {
                    throw TooLarge(limit);
                }

                if (body._length > PollingThread.MostBodyBytes)
                {
                    // After each read: the next one may find the rest there, or be woken by the thread that polls the sockets.
                    await Task.Yield();
                }

                if (result.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Reads a stream (a decompressor) to its end under the same limit.</summary>
    public static async ValueTask<RequestBody> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        var body = new RequestBody(FirstRent);
        try
        {
            while (true)
            {
                body.Reserve(FirstRent);
                var read = await stream.ReadAsync(body._array.AsMemory(body._length), cancellationToken);
                if (read == 0)
                {
                    return body;
                }

                body._length += read;
                if (body._length > limit)
                {
                    throw TooLarge(limit);
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        _length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private static BadHttpRequestException TooLarge(int limit) =>
        new($"The body is larger than {limit} bytes, the limit of this server (--max-body-bytes). Send fewer rows per request.", StatusCodes.Status413PayloadTooLarge);

    private void Append(in ReadOnlySequence<byte> bytes)
    {
        var count = (int)bytes.Length;
        Reserve(count);
        bytes.CopyTo(_array.AsSpan(_length));
        _length += count;
    }

    private void Reserve(int count)
    {
        if (_array.Length - _length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, _array.Length * 2));
        _array.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
