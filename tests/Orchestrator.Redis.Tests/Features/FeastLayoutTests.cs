using System.Text;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Redis.Features;
using StackExchange.Redis;

namespace Orchestrator.Redis.Tests.Features;

/// <summary>Bytes as Feast's own description of its online store and its Value.proto have them.</summary>
public sealed class FeastLayoutTests
{
    private static readonly FeatureView View = FeatureView.Of(new FeatureViewSpec
    {
        Name = "driver_hourly_stats",
        Layout = FeatureViewSpec.FeastLayout,
        Project = "rides",
        Entity = [new EntityKeySpec { Name = "user", Type = "int64" }, new EntityKeySpec { Name = "customer" }, new EntityKeySpec { Name = "zone", Type = "int32" }],
        Features = [new FeatureSpec { Name = "conv_rate", Type = "double" }, new FeatureSpec { Name = "name", Type = "string" }],
    });

    private readonly FeastFeatureLayout _layout = new();

    [Theory]
    [InlineData("", 0u)]
    [InlineData("foo", 0xf6a5c420)]
    [InlineData("hello", 0x248bfa47)]
    [InlineData("hello, world", 0x149bbb7f)]
    [InlineData("The quick brown fox jumps over the lazy dog.", 0xd5c48bfc)]
    public void Murmur3_OfKnownTexts(string text, uint hash) => Murmur3.Hash(Encoding.UTF8.GetBytes(text)).ShouldBe(hash);

    [Fact]
    public void Key_IsTheSortedEntityThenTheProject()
    {
        var key = (byte[])_layout.KeyOf(new FeatureQuery(View, new EntityId(["32768", "test", "-1"])))!;
        Convert.ToHexStringLower(key).ShouldBe(
            "03000000"
            + "02000000" + "08000000" + Hex("customer") + "02000000" + "04000000" + Hex("user") + "02000000" + "04000000" + Hex("zone")
            + "02000000" + "04000000" + Hex("test") + "04000000" + "08000000" + "0080000000000000" + "03000000" + "04000000" + "ffffffff"
            + Hex("rides"));
    }

    [Fact]
    public void Fields_AreHashesOfViewAndFeature_AndTheViewsTime()
    {
        var fields = _layout.FieldsOf(View);
        fields.Length.ShouldBe(3);
        Convert.ToHexStringLower((byte[])fields[0]!).ShouldBe(Convert.ToHexStringLower(BitConverter.GetBytes(Murmur3.Hash("driver_hourly_stats:conv_rate"u8))));
        ((string)fields[2]!).ShouldBe("_ts:driver_hourly_stats");
    }

    [Theory]
    [InlineData(FeatureType.Double, "29000000000000e03f", "0.5")]
    [InlineData(FeatureType.Double, "35cdcccc3d", "0.10000000149011612")]
    [InlineData(FeatureType.Double, "2007", "7")]
    [InlineData(FeatureType.Float, "299a9999999999b93f", "0.10000000149011612")]
    [InlineData(FeatureType.Double, "29000000000000f87f", "\"NaN\"")]
    [InlineData(FeatureType.Int64, "20ffffffffffffffffff01", "-1")]
    [InlineData(FeatureType.Int64, "18ac02", "300")]
    [InlineData(FeatureType.Int64, "2000", "0")]
    [InlineData(FeatureType.Int32, "20ac02", "300")]
    [InlineData(FeatureType.Int32, "208080808010", "?")]
    [InlineData(FeatureType.Bool, "3801", "true")]
    [InlineData(FeatureType.Bool, "3800", "false")]
    [InlineData(FeatureType.String, "1202c3bc", "\"ü\"")]
    [InlineData(FeatureType.String, "1200", "\"\"")]
    [InlineData(FeatureType.String, "1202c328", "?")]
    [InlineData(FeatureType.String, "2007", "?")]
    [InlineData(FeatureType.Int64, "29000000000000e03f", "?")]
    [InlineData(FeatureType.Double, "7a0a0a08000000000000e03f", "?")]
    [InlineData(FeatureType.Double, "", null)]
    [InlineData(FeatureType.Double, "980100", null)]
    [InlineData(FeatureType.Double, "29000000", "?")]
    [InlineData(FeatureType.Double, "ffffffffffffffffffffff", "?")]
    [InlineData(FeatureType.String, "12ff01", "?")]
    [InlineData(FeatureType.Double, "0000", "?")]
    public void Value_IsTypedByTheView(FeatureType type, string message, string? json)
    {
        var cell = FeastValue.Read(type, Convert.FromHexString(message));
        (cell.IsInvalid ? "?" : cell.Json is null ? null : Encoding.UTF8.GetString(cell.Json)).ShouldBe(json);
    }

    [Fact]
    public void Value_OfRandomBytes_IsReadOrInvalid_AndNeverThrows()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(16)];
            random.NextBytes(bytes);
            FeastValue.Read((FeatureType)random.Next(6), bytes);
            FeastValue.ReadTime(bytes);
        }
    }

    [Theory]
    [InlineData("08f592b6c906", "2025-12-01T12:26:29Z")]
    [InlineData("08f592b6c9061080cab5ee01", "2025-12-01T12:26:29.5Z")]
    [InlineData("", "1970-01-01T00:00:00Z")]
    [InlineData("08ffffffffffffffffff01", null)]
    public void Time_IsRead(string message, string? expected) => FeastValue.ReadTime(Convert.FromHexString(message)).ShouldBe(
        expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Record_OfAnotherViewInTheSameHash_IsNotThere() => _layout.Read(View, [RedisValue.Null, RedisValue.Null, RedisValue.Null]).IsThere.ShouldBeFalse();

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));
}
