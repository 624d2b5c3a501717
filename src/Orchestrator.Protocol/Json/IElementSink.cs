using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>Collects the elements of one tensor. Elements beyond the capacity are counted, not kept: the caller reports them.</summary>
internal interface IElementSink
{
    /// <summary>Elements seen so far.</summary>
    long Count { get; }

    /// <summary>Takes the scalar the reader stands on.</summary>
    void Add(ref Utf8JsonReader reader);

    /// <summary>Reads on and takes scalars up to the next start or end of an array, on which it leaves the reader.</summary>
    void AddRun(ref Utf8JsonReader reader);

    /// <summary>The raw elements, exactly as many bytes as they are.</summary>
    byte[] ToArray();
}
