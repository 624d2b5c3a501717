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
    private const string LeaseFormat = "l1:";

    /// <summary>Of the value.</summary>
    public byte[] Of(in StoreKey key) => Of(Format, key);

    /// <summary>Of the lease of whoever computes the value: <c>{prefix}l1:{scope}:{32 bytes}</c>.</summary>
    public byte[] LeaseOf(in StoreKey key) => Of(LeaseFormat, key);

    private byte[] Of(string format, in StoreKey key)
    {
        var length = prefix.Length + format.Length + key.Scope.Length + 1;
        var bytes = new byte[length + key.Digest.Length];
        var at = Encoding.ASCII.GetBytes(prefix, bytes);
        at += Encoding.ASCII.GetBytes(format, bytes.AsSpan(at));
        at += Encoding.ASCII.GetBytes(key.Scope, bytes.AsSpan(at));
        bytes[at] = (byte)':';
        key.Digest.Span.CopyTo(bytes.AsSpan(length));
        return bytes;
    }

    /// <summary>Matches every key of a scope; prefix and scope hold no character that means something in a pattern.</summary>
    public string Pattern(string scope) => $"{prefix}{Format}{scope}:*";
}
