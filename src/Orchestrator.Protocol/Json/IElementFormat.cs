using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>How one JSON scalar becomes one element. Implementations are structs, so that the loops over them are compiled per type.</summary>
internal interface IElementFormat<T>
    where T : unmanaged
{
    /// <summary>What is expected, for messages: <c>an integer for INT32 (-2147483648 to 2147483647)</c>.</summary>
    static abstract string Expected { get; }

    /// <summary>Reads the scalar the reader stands on.</summary>
    /// <returns>False: it is of the wrong kind, out of range, or would lose its meaning.</returns>
    static abstract bool TryRead(ref Utf8JsonReader reader, out T value);

    /// <summary>As <see cref="TryRead"/>, but whole numbers that a float cannot hold are rounded: answers are taken as they come.</summary>
    static virtual bool TryReadRounded(ref Utf8JsonReader reader, out T value)
    {
        value = default;
        return false;
    }
}
