using System.IO.Compression;

namespace Orchestrator.Host.Query.Http;

/// <summary>Reads a request body that may be compressed; the limit holds for what arrives and for what comes out.</summary>
internal static class PlainBody
{
    /// <exception cref="BadHttpRequestException">413 beyond the limit, 415 for an encoding that is not known.</exception>
    /// <exception cref="InvalidDataException">It is not compressed as the header says; the message says so.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        return encoding is "" or "identity" ? RequestBody.ReadAsync(request, limit, cancellationToken) : DecompressAsync(request, encoding, limit, cancellationToken);
    }

    private static async ValueTask<RequestBody> DecompressAsync(HttpRequest request, string encoding, int limit, CancellationToken cancellationToken)
    {
        using var body = await RequestBody.ReadAsync(request, limit, cancellationToken);

        // It may become a thousand times as much, and does so without waiting for anything.
        await Task.Yield();
        try
        {
            using var source = new MemoryStream(body.Memory.ToArray(), writable: false);
            await using var decompressor = Open(encoding, source);
            return await RequestBody.ReadAsync(decompressor, limit, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"the body is not valid {encoding}, as Content-Encoding says: {exception.Message}", exception);
        }
    }

    // HTTP's `deflate` is the zlib format; `gzip` its own.
    private static Stream Open(string encoding, Stream source) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(source, CompressionMode.Decompress),
        "deflate" => new ZLibStream(source, CompressionMode.Decompress),
        _ => throw new BadHttpRequestException($"Content-Encoding '{encoding}' is not known here; use gzip, deflate or none.", StatusCodes.Status415UnsupportedMediaType),
    };
}
