using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>
/// Finds what a request gives beside its entity: an object by name (what is given wins over the store), an array of what features do not fill, in the model's order, or of
/// everything. Values are read later, together with those of features.
/// </summary>
internal static class GivenInputReader
{
    /// <summary>Reads the value the reader stands on and leaves it on the value's last token.</summary>
    /// <param name="reader">On the first token.</param>
    /// <param name="offset">Where in the body the reader's own bytes begin.</param>
    /// <param name="plan">Knows the slots.</param>
    /// <param name="what">For messages: <c>input</c>.</param>
    /// <exception cref="ProtocolException">It does not fit.</exception>
    public static Piece[] Read(ref Utf8JsonReader reader, int offset, FeaturePlan plan, string what)
    {
        var pieces = new Piece[plan.Slots.Count];
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                ReadNamed(ref reader, offset, plan, pieces, what);
                break;
            case JsonTokenType.StartArray:
                ReadPositional(ref reader, offset, plan, pieces, what);
                break;
            case JsonTokenType.Null:
                break;
            default:
                Place([PieceOf(ref reader, offset)], plan, pieces, what);
                break;
        }

        return pieces;
    }

    private static void ReadNamed(ref Utf8JsonReader reader, int offset, FeaturePlan plan, Piece[] pieces, string what)
    {
        var guess = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = Find(ref reader, plan, guess, what);
            if (pieces[index].IsThere)
            {
                throw new ProtocolException($"{what}: '{plan.Slots[index].Name}' is given twice");
            }

            reader.Read();
            pieces[index] = PieceOf(ref reader, offset);
            guess = index + 1;
        }
    }

    private static int Find(ref Utf8JsonReader reader, FeaturePlan plan, int guess, string what)
    {
        for (var i = 0; i < plan.Slots.Count; i++)
        {
            var index = (guess + i) % plan.Slots.Count;
            if (reader.ValueTextEquals(plan.Slots[index].Name))
            {
                return index;
            }
        }

        var name = reader.GetString()!;
        var names = plan.Slots.Select(s => s.Name).ToList();
        throw new ProtocolException($"{what}: the model has no {(plan.IsRow ? "column" : "input")} '{name}'{Suggestion.For(name, names)}; it has {string.Join(", ", names)}");
    }

    private static void ReadPositional(ref Utf8JsonReader reader, int offset, FeaturePlan plan, Piece[] pieces, string what)
    {
        var found = new List<Piece>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (found.Count == plan.Slots.Count)
            {
                throw new ProtocolException($"{what}: the array has more than {found.Count} values; expected {Expected(plan)}");
            }

            found.Add(PieceOf(ref reader, offset));
        }

        Place(found, plan, pieces, what);
    }

    private static void Place(List<Piece> found, FeaturePlan plan, Piece[] pieces, string what)
    {
        var takesAll = found.Count == plan.Slots.Count;
        if (!takesAll && found.Count != plan.Slots.Count(s => !s.IsLookedUp))
        {
            throw new ProtocolException($"{what} has {found.Count} {(found.Count == 1 ? "value" : "values")}; expected {Expected(plan)}");
        }

        var next = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            if (takesAll || !plan.Slots[i].IsLookedUp)
            {
                pieces[i] = found[next++];
            }
        }
    }

    private static string Expected(FeaturePlan plan)
    {
        var open = plan.Slots.Where(s => !s.IsLookedUp).Select(s => s.Name).ToList();
        return open.Count == 0 ? "none, for features fill every input" : $"one for each of {string.Join(", ", open)}, in this order; features fill the others";
    }

    private static Piece PieceOf(ref Utf8JsonReader reader, int offset)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new Piece(offset + start, (int)reader.BytesConsumed - start);
    }
}
