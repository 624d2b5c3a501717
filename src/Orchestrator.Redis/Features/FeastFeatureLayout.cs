using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Core.Features;
using StackExchange.Redis;

namespace Orchestrator.Redis.Features;

/// <summary>
/// What Feast's Redis online store writes (entity keys in version 3 of their serialisation, the only one that Feast still writes). A hash for each entity and project, shared by
/// the views over the same keys: its key is the serialised entity followed by the project's name; a feature's field is the hash of <c>view:feature</c>, its value a protobuf
/// <c>Value</c>; the view's time is in <c>_ts:view</c>.
/// </summary>
internal sealed class FeastFeatureLayout : IFeatureLayout
{
    private const int FieldLength = 4;

    private readonly ConditionalWeakTable<FeatureView, RedisValue[]> _fields = [];

    public RedisKey KeyOf(in FeatureQuery query)
    {
        var keys = query.View.Keys;
        var values = query.Entity.Values;
        var order = Enumerable.Range(0, keys.Count).OrderBy(i => keys[i].Name, StringComparer.Ordinal).ToArray();
        using var key = new MemoryStream();
        Write(key, (uint)keys.Count);
        foreach (var i in order)
        {
            Write(key, (uint)ValueType.Text);
            WriteWithLength(key, Encoding.UTF8.GetBytes(keys[i].Name));
        }

        foreach (var i in order)
        {
            var (type, bytes) = Serialise(keys[i].Type, values[i]);
            Write(key, (uint)type);
            WriteWithLength(key, bytes);
        }

        key.Write(Encoding.UTF8.GetBytes(query.View.Spec.Project!));
        return key.ToArray();
    }

    public RedisValue[] FieldsOf(FeatureView view) => _fields.GetValue(view, static v => [.. v.Features.Select(f => FieldOf(v.Name, f.Name)), $"_ts:{v.Name}"]);

    public FeatureRecord Read(FeatureView view, RedisValue[] values)
    {
        var cells = new FeatureCell[view.Features.Count];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = values[i].IsNull ? default : FeastValue.Read(view.Features[i].Type, (byte[])values[i]!);
        }

        return new FeatureRecord(values[^1].IsNull ? null : FeastValue.ReadTime((byte[])values[^1]!), cells);
    }

    private static RedisValue FieldOf(string view, string feature)
    {
        var field = new byte[FieldLength];
        BinaryPrimitives.WriteUInt32LittleEndian(field, Murmur3.Hash(Encoding.UTF8.GetBytes($"{view}:{feature}")));
        return field;
    }

    private static (ValueType Type, byte[] Bytes) Serialise(FeatureType type, string value)
    {
        switch (type)
        {
            case FeatureType.Int64:
                var whole = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(whole, long.Parse(value, CultureInfo.InvariantCulture));
                return (ValueType.Int64, whole);
            case FeatureType.Int32:
                var small = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(small, int.Parse(value, CultureInfo.InvariantCulture));
                return (ValueType.Int32, small);
            default:
                return (ValueType.Text, Encoding.UTF8.GetBytes(value));
        }
    }

    private static void WriteWithLength(MemoryStream key, byte[] bytes)
    {
        Write(key, (uint)bytes.Length);
        key.Write(bytes);
    }

    private static void Write(MemoryStream key, uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        key.Write(bytes);
    }

    /// <summary>Feast's numbers of types.</summary>
    private enum ValueType : uint
    {
        Text = 2,
        Int32 = 3,
        Int64 = 4,
    }
}
