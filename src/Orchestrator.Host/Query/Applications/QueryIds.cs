using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Numbers queries per process from 0, as Clipper does, and names predictions so that two processes never give the same name.</summary>
internal sealed class QueryIds
{
    private const int PrefixBytes = 8;
    private readonly byte[] _prefix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PrefixBytes)).Select(c => (byte)c).Append((byte)'-').ToArray();
    private long _last = -1;

    public long Next() => Interlocked.Increment(ref _last);

    /// <summary>Writes <c>"prediction_id": "{process}-{query id in hex}"</c>.</summary>
    public void WritePredictionId(Utf8JsonWriter json, long id)
    {
        Span<byte> text = stackalloc byte[PrefixBytes * 2 + 1 + 16];
        _prefix.CopyTo(text);
        Utf8Formatter.TryFormat(id, text[_prefix.Length..], out var written, 'x');
        json.WriteString("prediction_id"u8, text[..(_prefix.Length + written)]);
    }
}
