using System.Text.Json;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>Reads a body that names an entity (or a batch of them) instead of giving every input.</summary>
internal static class EntityRequestReader
{
    private static readonly JsonReaderOptions Whole = new() { MaxDepth = CodecLimits.Default.MaxDepth };
    private static readonly JsonReaderOptions Part = new() { MaxDepth = CodecLimits.Default.MaxDepth, AllowMultipleValues = true };

    /// <summary>Reads.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="application">Who was called; with features.</param>
    /// <param name="table">Where versions are looked up.</param>
    /// <param name="key">Sticky key of a header, or null.</param>
    /// <returns>Null: it names no entity, or is no JSON object; then it is for <see cref="PredictRequestReader"/>.</returns>
    /// <exception cref="PredictRequestException">Anything wrong with it.</exception>
    public static EntityRequest? TryRead(ReadOnlySpan<byte> body, ApplicationEntry application, ServingTable table, string? key)
    {
        try
        {
            return Find(body, key) is { NamesEntity: true } members ? Read(body, members, application, table) : null;
        }
        catch (JsonException)
        {
            // Whoever reads it next says so in the words that clients know.
            return null;
        }
        catch (InvalidOperationException exception)
        {
            throw PredictRequestReader.JsonError($"JSON parse error: {exception.Message.TrimEnd('.')}", exception);
        }
        catch (ProtocolException exception)
        {
            throw PredictRequestReader.EntityError(exception.Message, exception);
        }
    }

    private static Members? Find(ReadOnlySpan<byte> body, string? key)
    {
        var reader = new Utf8JsonReader(body, Whole);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        var members = new Members { Key = key };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members = Take(ref reader, members);
        }

        // Something after the object is an error that only a further read sees.
        reader.Read();
        return members;
    }

    private static Members Take(ref Utf8JsonReader reader, Members members)
    {
        var name = reader.ValueTextEquals("entity"u8) ? 0 : reader.ValueTextEquals("entity_batch"u8) ? 1 : reader.ValueTextEquals("input"u8) ? 2 : reader.ValueTextEquals("input_batch"u8) ? 3
            : reader.ValueTextEquals("version"u8) ? 4 : reader.ValueTextEquals("user_id"u8) || reader.ValueTextEquals("uid"u8) ? 5 : 6;
        reader.Read();
        var at = (int)reader.TokenStartIndex;
        var taken = name switch
        {
            0 => members with { Entity = at },
            1 => members with { EntityBatch = at },
            2 => members with { Input = at },
            3 => members with { InputBatch = at },
            4 => members with { Version = PredictRequestReader.ReadVersion(ref reader) },
            5 => members with { Key = members.Key ?? PredictRequestReader.ReadKey(ref reader) },
            _ => members,
        };
        reader.Skip();
        return taken;
    }

    private static EntityRequest Read(ReadOnlySpan<byte> body, Members members, ApplicationEntry application, ServingTable table)
    {
        if (members is { Entity: >= 0, EntityBatch: >= 0 } or { Input: >= 0, InputBatch: >= 0 })
        {
            throw new ProtocolException($"{(members.Input >= 0 && members.InputBatch >= 0 ? "input and input_batch" : "entity and entity_batch")} are both given; expected one of them");
        }

        var features = application.Features!;
        var target = PredictRequestReader.Select(application, table, members.Key, members.Version);
        var plan = target?.Inputs is null ? null : features.PlanFor(target);
        var entities = ReadEntities(body, members, features);
        var given = plan is null or { Problem: not null } ? CountGiven(body, members) : ReadGiven(body, members, plan);
        var isEntityBatch = members.EntityBatch >= 0;
        var isInputBatch = members.InputBatch >= 0;
        if (isEntityBatch && isInputBatch && entities.Count != given.Count)
        {
            throw new ProtocolException($"entity_batch has {entities.Count} elements and input_batch {given.Count}; expected as many, or one entity or input for all");
        }

        return new EntityRequest { Target = target, Plan = plan, RowCount = isEntityBatch ? entities.Count : isInputBatch ? given.Count : 1, Entities = entities, Given = given };
    }

    private static List<string?[]> ReadEntities(ReadOnlySpan<byte> body, Members members, ApplicationFeatures features)
    {
        var isBatch = members.EntityBatch >= 0;
        var reader = new Utf8JsonReader(body[(isBatch ? members.EntityBatch : members.Entity)..], Part);
        reader.Read();
        var entities = new List<string?[]>();
        if (!isBatch)
        {
            entities.Add(EntityReader.Read(ref reader, features, "entity"));
            return entities;
        }

        RequireArray(ref reader, "entity_batch");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            RequireRoom(entities.Count, "entity_batch");
            entities.Add(EntityReader.Read(ref reader, features, $"entity_batch[{entities.Count}]"));
        }

        return entities;
    }

    private static List<Piece[]> ReadGiven(ReadOnlySpan<byte> body, Members members, FeaturePlan plan)
    {
        if (members is { Input: < 0, InputBatch: < 0 })
        {
            return [new Piece[plan.Slots.Count]];
        }

        var isBatch = members.InputBatch >= 0;
        var start = isBatch ? members.InputBatch : members.Input;
        var reader = new Utf8JsonReader(body[start..], Part);
        reader.Read();
        if (!isBatch)
        {
            return [GivenInputReader.Read(ref reader, start, plan, "input")];
        }

        RequireArray(ref reader, "input_batch");
        var rows = new List<Piece[]>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            RequireRoom(rows.Count, "input_batch");
            rows.Add(GivenInputReader.Read(ref reader, start, plan, $"input_batch[{rows.Count}]"));
        }

        return rows;
    }

    /// <summary>Where nothing can be joined, only how many there are counts.</summary>
    private static List<Piece[]> CountGiven(ReadOnlySpan<byte> body, Members members)
    {
        if (members.InputBatch < 0)
        {
            return [[]];
        }

        var reader = new Utf8JsonReader(body[members.InputBatch..], Part);
        reader.Read();
        RequireArray(ref reader, "input_batch");
        var rows = new List<Piece[]>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            RequireRoom(rows.Count, "input_batch");
            reader.Skip();
            rows.Add([]);
        }

        return rows;
    }

    private static void RequireArray(ref Utf8JsonReader reader, string member)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw PredictRequestReader.Mismatch(member, "Array", reader.TokenType);
        }
    }

    private static void RequireRoom(int count, string member)
    {
        if (count >= PredictRequestReader.MaxRows)
        {
            throw new ProtocolException($"JSON key {member} has more than {PredictRequestReader.MaxRows} elements; send several requests");
        }
    }

    /// <summary>What the body's object has, by where it is; -1: not there. The last of several equal members wins.</summary>
    private sealed record Members
    {
        public int Entity { get; init; } = -1;

        public int EntityBatch { get; init; } = -1;

        public int Input { get; init; } = -1;

        public int InputBatch { get; init; } = -1;

        public string? Version { get; init; }

        public string? Key { get; init; }

        public bool NamesEntity => Entity >= 0 || EntityBatch >= 0;
    }
}
