using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Serving.Selection;

/// <summary>The selection policies by name, and the point that a key means.</summary>
public static class SelectionPolicies
{
    private static readonly FrozenDictionary<string, ISelectionPolicy> ByName =
        new ISelectionPolicy[] { new SingleSelectionPolicy(), new WeightedSelectionPolicy() }.ToFrozenDictionary(p => p.Name);

    /// <summary>Names, for validation and messages.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>The policy of that name.</summary>
    /// <exception cref="ArgumentException">There is none; a validated spec never names such a one.</exception>
    public static ISelectionPolicy Get(string name) =>
        ByName.TryGetValue(name, out var policy) ? policy : throw new ArgumentException($"selection policy '{name}' is unknown; known: {string.Join(", ", Names)}", nameof(name));

    /// <summary>The point of a key in [0, 1): the same on every frontend and after every restart, and different from application to application.</summary>
    public static double PointOf(string application, string key)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{application}\n{key}"), hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }
}
