using System.Buffers;

namespace Orchestrator.Protocol;

/// <summary>Reads what another process answers without trusting it: memory grows with what arrives, never with what is announced, and ends at a limit.</summary>
public static class BoundedBody
{
    private const int FirstBytes = 64 * 1024;

    /// <summary>Announced bodies up to here get their memory at once.</summary>
    private const int TrustedBytes = 1024 * 1024;

    /// <summary>Reads to the end.</summary>
    /// <param name="content">The body; read once.</param>
    /// <param name="limit">Most bytes it may have.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ProtocolException">It is longer than <paramref name="limit"/>, as announced or as sent; nothing beyond is read.</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpContent content, long limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        limit = Math.Min(limit, Array.MaxLength);
        var announced = content.Headers.ContentLength;
        if (announced > limit)
        {
            throw TooLong(limit);
        }

        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        if (announced is { } length and <= TrustedBytes)
        {
            var body = new byte[length];
            await stream.ReadExactlyAsync(body, cancellationToken);
            return body;
        }

        return await ReadGrowingAsync(stream, announced ?? limit, limit, cancellationToken);
    }

    private static async ValueTask<byte[]> ReadGrowingAsync(Stream stream, long expected, long limit, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        var count = 0;
        try
        {
            while (true)
            {
                if (count == buffer.Length)
                {
                    buffer = Grow(buffer, Math.Min(Math.Max(2L * count, FirstBytes), Math.Max(expected, count) + 1));
                }

                var read = await stream.ReadAsync(buffer.AsMemory(count), cancellationToken);
                if (read == 0)
                {
                    return buffer.AsSpan(0, count).ToArray();
                }

                count += read;
                if (count > limit)
                {
                    throw TooLong(limit);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] full, long wanted)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    private static ProtocolException TooLong(long limit) => new($"the body is longer than {limit} bytes, the most that is read of one answer");
}
