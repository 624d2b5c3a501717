using Microsoft.AspNetCore.Http;

namespace Orchestrator.Container;

/// <summary>Reads a whole body into pooled memory, bounded.</summary>
internal static class BodyReader
{
    /// <summary>Where the size is not told: first guess, in bytes.</summary>
    private const int FirstGuess = 16 * 1024;

    /// <returns>The body, which the caller disposes; null if it has more than <paramref name="limit"/> bytes.</returns>
    public static async ValueTask<PooledBuffer?> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        // One byte more than is told, so that the read that finds the end needs no larger buffer.
        var body = new PooledBuffer((int)(request.ContentLength + 1 ?? FirstGuess));
        try
        {
            while (body.Length <= limit)
            {
                var read = await request.Body.ReadAsync(body.GetMemory(), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return body;
                }

                body.Advance(read);
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }

        body.Dispose();
        return null;
    }
}
