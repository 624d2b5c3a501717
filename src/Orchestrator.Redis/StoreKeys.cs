using System.Text;
using Orchestrator.Core.Serving;

namespace Orchestrator.Redis;

/// <summary>
/// Keys of predictions: <c>{prefix}p1:{scope}:{32 bytes}</c>. The scope is readable, so that what belongs to one version can be found; the digest is raw and whole.
/// <c>p1</c> is the format of key and value together: another format has other keys.
/// </summary>
internal sealed class StoreKeys(string prefix)
{
    private const string Format = "p1:";

    public byte[] Of(in StoreKey key)
    {
        var length = prefix.Length + Format.Length + key.Scope.Length + 1;
        var bytes = new byte[length + key.Digest.Length];
        var at = Encoding.ASCII.GetBytes(prefix, bytes);
        at += Encoding.ASCII.GetBytes(Format, bytes.AsSpan(at));
        at += Encoding.ASCII.GetBytes(key.Scope, bytes.AsSpan(at));
        bytes[at] = (byte)':';
        key.Digest.Span.CopyTo(bytes.AsSpan(length));
        return bytes;
    }

    /// <summary>Matches every key of a scope; prefix and scope hold no character that means something in a pattern.</summary>
    public string Pattern(string scope) => $"{prefix}{Format}{scope}:*";
}
