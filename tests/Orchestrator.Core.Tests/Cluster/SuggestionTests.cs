using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Tests.Cluster;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("sklern", "sklearn")]
    [InlineData("modles", "models")]
    [InlineData("v2", "v1")]
    [InlineData("3", null)]
    [InlineData("zzzz", null)]
    public void Suggestion_ForAWord_IsWhatIsNearAndNeverAllDifferent(string text, string? expected) =>
        Suggestion.For(text, ["sklearn", "models", "v1", "1"]).ShouldBe(expected is null ? "" : $" (did you mean '{expected}'?)");
}
