using Orchestrator.Docker.Building;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Building;

public sealed class BuildLinesTests
{
    [Fact]
    public void Take_PiecesOfLines_GivesWholeOnesWithoutEmptyOnes() =>
        Read(new() { Stream = "Step 1/2 : FR" }, new() { Stream = "OM x\n" }, new() { Stream = "\n" }, new() { Stream = "a\r\nb\rc" }).ShouldBe(["Step 1/2 : FROM x", "a", "b", "c"]);

    [Fact]
    public void Take_ProgressOfLayers_GivesEachStateOnce() =>
        Read(
            new() { Status = "Pulling from library/x" }, new() { Id = "ab", Status = "Downloading", Detail = new() { Current = 1, Total = 2 } },
            new() { Id = "ab", Status = "Downloading", Detail = new() { Current = 2, Total = 2 } }, new() { Id = "cd", Status = "Downloading" }, new() { Id = "ab", Status = "Pull complete" })
        .ShouldBe(["Pulling from library/x", "ab: Downloading", "cd: Downloading", "ab: Pull complete"]);

    [Fact]
    public void Take_ColouredLines_LeavesOnlyTheText() =>
        Read(new() { Stream = "\u001b[91mERROR: no\u0007 such\u001b[0m\n" }, new() { Stream = "\u001b[0m\n" }, new() { Stream = "a\tb\n" }).ShouldBe(["ERROR: no such", "a\tb"]);

    [Fact]
    public void Take_AnEndlessLine_CutsIt() => Read(new ProgressMessage { Stream = new string('x', 40_000) }).Select(l => l.Length).ShouldBe([16384, 16384, 7232]);

    private static List<string> Read(params ProgressMessage[] messages)
    {
        var lines = new BuildLines();
        return [.. messages.SelectMany(lines.Take), .. lines.Finish()];
    }
}
