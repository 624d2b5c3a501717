using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;

namespace Orchestrator.Core.Tests.Features;

public sealed class FeatureRowReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly FeatureView View = FeatureView.Of(new FeatureViewSpec
    {
        Name = "v",
        Entity = [new EntityKeySpec { Name = "id", Type = "int64" }, new EntityKeySpec { Name = "region" }],
        Features = [new FeatureSpec { Name = "x", Type = "double" }, new FeatureSpec { Name = "n", Type = "int32" }, new FeatureSpec { Name = "t", Type = "string" }],
    });

    private static (FeatureRow? Row, List<string> Mistakes) Read(string json, string time = "_at")
    {
        using var document = JsonDocument.Parse(json);
        var mistakes = new List<string>();
        return (FeatureRowReader.Read(View, n => new RawValue(null, document.RootElement.TryGetProperty(n, out var v) ? v : default(JsonElement)), time, Now, mistakes), mistakes);
    }

    [Fact]
    public void Read_Json_IsTyped()
    {
        var (row, mistakes) = Read("""{"id": 7, "region": 12, "x": 1, "t": "a", "more": []}""");
        mistakes.ShouldBeEmpty();
        row!.Entity.ShouldBe(new EntityId(["7", "12"]));
        row.Values.ShouldBe(["1", null, "a"]);
        row.At.ShouldBe(Now);
    }

    [Fact]
    public void Read_Text_EmptyIsNothing()
    {
        var fields = new Dictionary<string, string> { ["id"] = "007", ["region"] = "eu", ["x"] = "", ["n"] = " 5", ["t"] = "" };
        var row = FeatureRowReader.Read(View, n => new RawValue(fields.GetValueOrDefault(n), null), "_at", Now, []);
        row!.Entity.Values.ShouldBe(["7", "eu"]);
        row.Values.ShouldBe([null, "5", null]);
    }

    [Theory]
    [InlineData("1767323045000", "2026-01-02T03:04:05Z")]
    [InlineData("\"2026-01-02T04:04:05+01:00\"", "2026-01-02T03:04:05Z")]
    [InlineData("\"2026-01-02 03:04:05\"", "2026-01-02T03:04:05Z")]
    public void Read_Time_IsUnderstood(string time, string expected) =>
        Read($$"""{"id": 7, "region": "a", "at": {{time}}}""", "at").Row!.At.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Read_Mistakes_AreAllToldWithWhatIsExpected() => Read("""{"id": 7.5, "x": "1", "n": 3000000000, "t": 5, "_at": "noon"}""").Mistakes.ShouldBe(
    [
        "'id': 7.5; expected a whole number of 64 bits (int64)",
        "'region' is missing; expected text of 1 to 512 characters, or a whole number",
        "'_at': \"noon\"; expected a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970",
        "'x': \"1\"; expected a number, such as 0.5 (double)",
        "'n': 3000000000; expected a whole number from -2147483648 to 2147483647 (int32)",
        "'t': 5; expected text of at most 65536 characters (string)",
    ]);
}
