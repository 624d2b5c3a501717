using System.Text;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Core.Tests.Runtime;

public sealed class LineSplitterTests
{
    [Fact]
    public void Add_OfBytesOneByOne_GivesWholeLines()
    {
        var splitter = new LineSplitter();
        var lines = Encoding.UTF8.GetBytes("äöü\r\n\nlast").SelectMany(b => splitter.Add([b], isEnd: false)).ToList();
        lines.AddRange(splitter.Add([], isEnd: true));
        lines.ShouldBe(["äöü", "", "last"]);
    }

    [Fact]
    public void Add_OfALineWithoutEnd_CutsIt()
    {
        var lines = new LineSplitter().Add(Encoding.UTF8.GetBytes(new string('x', LineSplitter.LongestLine * 2 + 5) + "\ny\n"), isEnd: true);
        lines.Select(l => l.Length).ShouldBe([LineSplitter.LongestLine, LineSplitter.LongestLine, 5, 1]);
    }

    [Fact]
    public void Add_OfBytesThatAreNoText_ReplacesThem() =>
        new LineSplitter().Add([0xff, (byte)'a', (byte)'\n'], isEnd: false).ShouldBe(["\uFFFDa"]);
}
