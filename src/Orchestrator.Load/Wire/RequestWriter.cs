using System.Buffers.Text;
using System.Text;

namespace Orchestrator.Load.Wire;

/// <summary>Writes requests that differ in their body only: the head is made once, up to the value of Content-Length.</summary>
internal sealed class RequestWriter
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();
    private const int LongestLength = 10;
    private readonly byte[] _head;

    public RequestWriter(LoadPlan plan)
    {
        var head = new StringBuilder()
            .Append(plan.Method).Append(' ').Append(plan.Uri.PathAndQuery).Append(" HTTP/1.1\r\n")
            .Append("Host: ").Append(plan.Uri.Authority).Append("\r\n")
            .Append("Content-Type: ").Append(plan.ContentType).Append("\r\n");
        foreach (var (name, value) in plan.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        _head = Encoding.ASCII.GetBytes(head.Append("Content-Length: ").ToString());
    }

    /// <summary>Puts one whole request into <paramref name="buffer"/>, which grows when it is too small.</summary>
    /// <returns>What to send.</returns>
    public ReadOnlyMemory<byte> Write(ref byte[] buffer, ReadOnlySpan<byte> body)
    {
        var most = _head.Length + LongestLength + EndOfHead.Length + body.Length;
        if (buffer.Length < most)
        {
            buffer = new byte[most * 2];
        }

        _head.CopyTo(buffer, 0);
        Utf8Formatter.TryFormat(body.Length, buffer.AsSpan(_head.Length), out var digits);
        var at = _head.Length + digits;
        EndOfHead.CopyTo(buffer, at);
        body.CopyTo(buffer.AsSpan(at + EndOfHead.Length));
        return buffer.AsMemory(0, at + EndOfHead.Length + body.Length);
    }
}
