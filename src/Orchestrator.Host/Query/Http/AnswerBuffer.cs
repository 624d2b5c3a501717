using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Orchestrator.Host.Query.Http;

/// <summary>A reusable buffer for one answer, with a JSON writer over it, so that an answer is written once and with its length.</summary>
internal sealed class AnswerBuffer : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private readonly Utf8JsonWriter _json;

    private AnswerBuffer() => _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public Utf8JsonWriter Json => _json;

    /// <summary>The bytes behind <see cref="Json"/>; for writers that do not write JSON, or not only.</summary>
    public IBufferWriter<byte> Bytes => _bytes;

    public static ObjectPool<AnswerBuffer> CreatePool() => new DefaultObjectPool<AnswerBuffer>(new PoolPolicy(), maximumRetained: 256);

    /// <summary>Sends everything that was written.</summary>
    public async ValueTask SendAsync(HttpResponse response, int statusCode, string contentType, CancellationToken cancellationToken)
    {
        _json.Flush();
        response.StatusCode = statusCode;
        response.ContentType = contentType;
        response.ContentLength = _bytes.WrittenCount;
        await response.BodyWriter.WriteAsync(_bytes.WrittenMemory, cancellationToken);
    }

    public void Dispose() => _json.Dispose();

    private sealed class PoolPolicy : PooledObjectPolicy<AnswerBuffer>
    {
        // A single huge answer must not stay in memory for ever.
        private const int LargestKept = 256 * 1024;

        public override AnswerBuffer Create() => new();

        public override bool Return(AnswerBuffer buffer)
        {
            if (buffer._bytes.Capacity > LargestKept)
            {
                return false;
            }

            buffer._bytes.ResetWrittenCount();
            buffer._json.Reset(buffer._bytes);
            return true;
        }
    }
}
