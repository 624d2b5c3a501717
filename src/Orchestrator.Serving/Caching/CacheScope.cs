using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Serving.Caching;

/// <summary>
/// What gives the answers: model, version, and everything that decides what the version computes. A version that was removed and made anew with another artefact, or one of the
/// same name in another installation on the same store, is another scope: its answers can never be found.
/// </summary>
internal sealed class CacheScope
{
    private const int NameBytes = 16;
    private readonly byte[] _hash;

    private CacheScope(byte[] hash, bool isSingleFlight)
    {
        _hash = hash;
        IsSingleFlight = isSingleFlight;
        Name = Convert.ToHexStringLower(hash.AsSpan(0, NameBytes));
    }

    /// <summary>SHA-256; part of every key.</summary>
    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>The first half of it in hex: what keys in a store begin with.</summary>
    public string Name { get; }

    /// <summary>Whether the version wants a question computed by one of several processes. Names nothing: it is in no key.</summary>
    public bool IsSingleFlight { get; }

    /// <summary>The scope of a version.</summary>
    public static CacheScope Of(ModelVersionId id, ModelVersionSpec spec)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in (ReadOnlySpan<string>)[id.Model, id.Version, SpecHash.ComputeImmutable(spec)])
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return new CacheScope(hash.GetHashAndReset(), spec.Cache.SingleFlight);
    }
}
