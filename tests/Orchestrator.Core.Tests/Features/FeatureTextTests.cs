using System.Text;
using System.Text.Json;
using Orchestrator.Core.Features;

namespace Orchestrator.Core.Tests.Features;

public sealed class FeatureTextTests
{
    [Theory]
    [InlineData(FeatureType.Double, "0.5", "0.5", "0.5")]
    [InlineData(FeatureType.Double, " 1e3 ", "1000", "1000")]
    [InlineData(FeatureType.Double, "NaN", "NaN", "\"NaN\"")]
    [InlineData(FeatureType.Double, "1e999", null, null)]
    [InlineData(FeatureType.Double, "x", null, null)]
    [InlineData(FeatureType.Float, "0.1", "0.1", "0.10000000149011612")]
    [InlineData(FeatureType.Float, "1e39", null, null)]
    [InlineData(FeatureType.Int64, "9007199254740993", "9007199254740993", "9007199254740993")]
    [InlineData(FeatureType.Int64, "+7", "7", "7")]
    [InlineData(FeatureType.Int64, "7.0", null, null)]
    [InlineData(FeatureType.Int32, "2147483648", null, null)]
    [InlineData(FeatureType.Bool, "True", "true", "true")]
    [InlineData(FeatureType.Bool, "0", "false", "false")]
    [InlineData(FeatureType.Bool, "yes", null, null)]
    [InlineData(FeatureType.String, "a \"b\" ü", "a \"b\" ü", "\"a \\\"b\\\" ü\"")]
    public void Text_OfAFile_HasOneSpellingAndAJsonForm(FeatureType type, string text, string? canonical, string? json)
    {
        FeatureText.Canonical(type, text).ShouldBe(canonical);
        (canonical is null ? null : Encoding.UTF8.GetString(FeatureText.ToJson(type, Encoding.UTF8.GetBytes(canonical))!)).ShouldBe(json);
    }

    [Theory]
    [InlineData(FeatureType.Double, "+.5", "0.5")]
    [InlineData(FeatureType.Double, "05", "5")]
    [InlineData(FeatureType.Double, "-Infinity", "\"-Infinity\"")]
    [InlineData(FeatureType.Double, "0.5 ", "0.5")]
    [InlineData(FeatureType.Double, "", null)]
    [InlineData(FeatureType.Int64, "1.5", null)]
    [InlineData(FeatureType.Int64, "9223372036854775808", null)]
    [InlineData(FeatureType.Bool, "1", "true")]
    [InlineData(FeatureType.Bool, "true ", null)]
    public void Text_ThatAnotherProgramWrote_IsJsonOrNothing(FeatureType type, string text, string? json)
    {
        var made = FeatureText.ToJson(type, Encoding.UTF8.GetBytes(text));
        (made is null ? null : Encoding.UTF8.GetString(made)).ShouldBe(json);
    }

    [Fact]
    public void Text_ThatIsNoUtf8_IsNothing() => FeatureText.ToJson(FeatureType.String, [0xff, 0xfe]).ShouldBeNull();

    [Theory]
    [InlineData(FeatureType.Double, "1.5", "1.5")]
    [InlineData(FeatureType.Double, "\"1.5\"", null)]
    [InlineData(FeatureType.Double, "\"NaN\"", "NaN")]
    [InlineData(FeatureType.Int64, "1.5", null)]
    [InlineData(FeatureType.Int64, "\"1\"", null)]
    [InlineData(FeatureType.Bool, "true", "true")]
    [InlineData(FeatureType.Bool, "1", null)]
    [InlineData(FeatureType.String, "\"1\"", "1")]
    [InlineData(FeatureType.String, "1", null)]
    [InlineData(FeatureType.String, "\"\\ud800\"", null)]
    public void Json_OfAnotherKind_IsNotTaken(FeatureType type, string json, string? canonical)
    {
        using var document = JsonDocument.Parse(json);
        FeatureText.Canonical(type, document.RootElement).ShouldBe(canonical);
    }
}
