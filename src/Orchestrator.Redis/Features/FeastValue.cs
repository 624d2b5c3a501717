using System.Buffers.Binary;
using Orchestrator.Core.Features;

namespace Orchestrator.Redis.Features;

/// <summary>
/// Reads the two small protobuf messages that Feast keeps (feast/types/Value.proto, google/protobuf/timestamp.proto). By hand: it is one field each, on the path of every
/// request, and the runtime's own reader would be a package for it.
/// </summary>
internal static class FeastValue
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    /// <summary>Numbers of the fields of <c>Value</c>.</summary>
    private const int Text = 2;
    private const int Int32 = 3;
    private const int Int64 = 4;
    private const int Double = 5;
    private const int Float = 6;
    private const int Bool = 7;
    private const int UnixTimestamp = 8;
    private const int Null = 19;
    private const int Uuid = 30;
    private const int TimeUuid = 31;

    /// <summary>A value as JSON. Nothing is in it: an empty cell. Something of another type: an invalid one.</summary>
    public static FeatureCell Read(FeatureType type, ReadOnlySpan<byte> message)
    {
        var found = default(Field);
        for (var at = 0; at < message.Length;)
        {
            // Of a oneof the last one counts.
            if (!TryTake(message, ref at, out found))
            {
                return new FeatureCell(null, IsInvalid: true);
            }
        }

        if (found.Number is 0 or Null)
        {
            return default;
        }

        var json = ToJson(type, found, message);
        return new FeatureCell(json, json is null);
    }

    /// <summary>A point in time; null: it is none.</summary>
    public static DateTimeOffset? ReadTime(ReadOnlySpan<byte> message)
    {
        const long MostSeconds = 253_402_300_799; // the year 9999
        long seconds = 0, nanoseconds = 0;
        for (var at = 0; at < message.Length;)
        {
            if (!TryTake(message, ref at, out var field))
            {
                return null;
            }

            (seconds, nanoseconds) = field.Number switch { 1 => ((long)field.Bits, nanoseconds), 2 => (seconds, (long)field.Bits), _ => (seconds, nanoseconds) };
        }

        return seconds is >= 0 and <= MostSeconds && nanoseconds is >= 0 and < 1_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick)
            : null;
    }

    private static byte[]? ToJson(FeatureType type, Field field, ReadOnlySpan<byte> message) => (type, field.Number) switch
    {
        (FeatureType.String, Text or Uuid or TimeUuid) => FeatureText.Text(message.Slice(field.Start, field.Length)),
        (FeatureType.Bool, Bool) => FeatureText.Truth(field.Bits != 0),
        (FeatureType.Int64, Int32 or Int64 or UnixTimestamp) => FeatureText.Whole((long)field.Bits),
        (FeatureType.Int32, Int32 or Int64) => (long)field.Bits is >= int.MinValue and <= int.MaxValue ? FeatureText.Whole((long)field.Bits) : null,
        (FeatureType.Double or FeatureType.Float, Int32 or Int64 or UnixTimestamp) => FeatureText.Whole((long)field.Bits),
        (FeatureType.Double or FeatureType.Float, Float) => FeatureText.Number(BitConverter.UInt32BitsToSingle((uint)field.Bits)),
        (FeatureType.Double, Double) => FeatureText.Number(BitConverter.UInt64BitsToDouble(field.Bits)),
        (FeatureType.Float, Double) => FeatureText.Number((float)BitConverter.UInt64BitsToDouble(field.Bits)),
        _ => null,
    };

    private static bool TryTake(ReadOnlySpan<byte> message, ref int at, out Field field)
    {
        field = default;
        if (!TryTakeVarint(message, ref at, out var tag) || tag >> 3 is 0 or > int.MaxValue)
        {
            return false;
        }

        var number = (int)(tag >> 3);
        var rest = message[at..];
        switch ((int)(tag & 7))
        {
            case Varint when TryTakeVarint(message, ref at, out var bits):
                field = new Field(number, bits, 0, 0);
                return true;
            case Fixed64 when rest.Length >= sizeof(ulong):
                field = new Field(number, BinaryPrimitives.ReadUInt64LittleEndian(rest), 0, 0);
                at += sizeof(ulong);
                return true;
            case Fixed32 when rest.Length >= sizeof(uint):
                field = new Field(number, BinaryPrimitives.ReadUInt32LittleEndian(rest), 0, 0);
                at += sizeof(uint);
                return true;
            case Delimited when TryTakeVarint(message, ref at, out var length) && length <= (ulong)(message.Length - at):
                field = new Field(number, 0, at, (int)length);
                at += (int)length;
                return true;
            default:
                return false;
        }
    }

    private static bool TryTakeVarint(ReadOnlySpan<byte> message, ref int at, out ulong value)
    {
        const int MostBytes = 10;
        value = 0;
        for (var i = 0; i < MostBytes && at < message.Length; i++)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Field(int Number, ulong Bits, int Start, int Length);
}
