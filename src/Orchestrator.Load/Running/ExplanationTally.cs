using System.Text;
using System.Text.Json;

namespace Orchestrator.Load.Running;

/// <summary>Counts default answers by what they say of themselves. Thread-safe; a text that was seen before costs no allocation.</summary>
internal sealed class ExplanationTally
{
    // An explanation may hold a number of its request; a list of thousands would say nothing.
    private const int MostKinds = 20;
    private const string None = "without an explanation";
    private const string Others = "other explanations";
    private readonly Lock _lock = new();
    private readonly List<(byte[] Raw, long Count)> _kinds = [];
    private long _others;

    /// <summary>Counts the answer.</summary>
    /// <param name="body">A whole answer; valid during the call only.</param>
    public void Record(ReadOnlySpan<byte> body)
    {
        var raw = Find(body);
        lock (_lock)
        {
            for (var i = 0; i < _kinds.Count; i++)
            {
                if (raw.SequenceEqual(_kinds[i].Raw))
                {
                    _kinds[i] = (_kinds[i].Raw, _kinds[i].Count + 1);
                    return;
                }
            }

            if (_kinds.Count < MostKinds)
            {
                _kinds.Add((raw.ToArray(), 1));
            }
            else
            {
                _others++;
            }
        }
    }

    /// <summary>The most frequent first.</summary>
    public IReadOnlyList<(string Explanation, long Count)> Read()
    {
        lock (_lock)
        {
            IEnumerable<(string, long)> rest = _others > 0 ? [(Others, _others)] : [];
            return [.. _kinds.OrderByDescending(k => k.Count).Select(k => (k.Raw.Length == 0 ? None : Encoding.UTF8.GetString(k.Raw), k.Count)), .. rest];
        }
    }

    // As it is written, escapes included. Of several in one answer the first.
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("default_explanation"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    return reader.ValueSpan;
                }
            }
        }
        catch (JsonException)
        {
            // Whoever answered this said "default": true in something else than JSON; it stays a default without a reason.
        }

        return default;
    }
}
