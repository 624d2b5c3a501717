using System.Buffers;
using System.Text.Json;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>
/// One query with everything in it, as the JSON that a client would send who knows every feature; so a joined input is read by the same code, and means the same, as one that is
/// given whole. Reused for the queries of a request, one after the other.
/// </summary>
internal sealed class JoinedRow(FeaturePlan plan, FeatureQueries queries, FoundFeatures[] found)
{
    private readonly ArrayBufferWriter<byte> _json = new(256);
    private readonly int[] _defaults = new int[plan.Slots.Max(s => s.View) + 1];

    /// <summary>Writes a query.</summary>
    /// <returns>Null, or what is lacking and of which view.</returns>
    /// <exception cref="PredictRequestException">The request gives no value where no feature does.</exception>
    public Lacking? Write(ReadOnlySpan<byte> body, Piece[] given, int row)
    {
        Begin();
        for (var i = 0; i < plan.Slots.Count; i++)
        {
            var slot = plan.Slots[i];
            if (given[i].IsThere)
            {
                Add(slot, given[i].Of(body));
            }
            else if (!slot.IsLookedUp)
            {
                SkipOrRefuse(slot);
            }
            else
            {
                var record = found[queries.IndexOf(row, slot.View)];
                if (record.ValueOf(slot.Feature, out var why) is not { } value)
                {
                    var kind = why is FeatureAbsence.TimedOut or FeatureAbsence.Unavailable ? OutcomeKind.FeaturesUnavailable : OutcomeKind.FeatureMissing;
                    return new Lacking(slot.View, new PredictionFailure(kind, record.Explain(slot.Feature), RetryAfter: null));
                }

                _defaults[slot.View] += why == FeatureAbsence.None ? 0 : 1;
                Add(slot, slot.IsCounted ? (value[0] == (byte)'t' ? "1"u8 : "0"u8) : value);
            }
        }

        End();
        return null;
    }

    /// <summary>Writes a query with values that fit in the place of features.</summary>
    public void WriteWithoutFeatures(ReadOnlySpan<byte> body, Piece[] given)
    {
        Begin();
        for (var i = 0; i < plan.Slots.Count; i++)
        {
            if (given[i].IsThere)
            {
                Add(plan.Slots[i], given[i].Of(body));
            }
            else if (plan.Slots[i].IsLookedUp)
            {
                Add(plan.Slots[i], plan.Slots[i].Type switch { DataType.Bytes => "\"\""u8, DataType.Bool => "false"u8, _ => "0"u8 });
            }
        }

        End();
    }

    /// <summary>The tensors of what was written.</summary>
    /// <exception cref="ProtocolException">It does not fit the model.</exception>
    public Tensor[] Read(VersionEntry target)
    {
        var reader = new Utf8JsonReader(_json.WrittenSpan, new JsonReaderOptions { MaxDepth = CodecLimits.Default.MaxDepth });
        reader.Read();
        return RowReader.Read(ref reader, target.Inputs!, target.Signature);
    }

    /// <summary>Tells how many features of each view were their default.</summary>
    public void CountDefaults(Action<int, int> count)
    {
        for (var i = 0; i < _defaults.Length; i++)
        {
            count(i, _defaults[i]);
        }
    }

    private void Begin()
    {
        _json.ResetWrittenCount();
        _json.Write(plan.IsRow ? "["u8 : "{"u8);
    }

    private void End() => _json.Write(plan.IsRow ? "]"u8 : "}"u8);

    private void Add(FeatureSlot slot, ReadOnlySpan<byte> value)
    {
        if (_json.WrittenCount > 1)
        {
            _json.Write(","u8);
        }

        if (!plan.IsRow)
        {
            _json.Write(slot.NameAsJson.Span);
            _json.Write(":"u8);
        }

        _json.Write(value);
    }

    /// <summary>An input that is missing may be optional: the reader of the whole knows. A row has no gaps.</summary>
    private void SkipOrRefuse(FeatureSlot slot)
    {
        if (plan.IsRow)
        {
            throw PredictRequestReader.EntityError($"column '{slot.Name}' is missing; expected it in the input, for no feature fills it");
        }
    }
}

/// <summary>Why a query cannot be asked.</summary>
/// <param name="View">Whose feature is lacking.</param>
/// <param name="Failure">For the client.</param>
internal readonly record struct Lacking(int View, PredictionFailure Failure);
