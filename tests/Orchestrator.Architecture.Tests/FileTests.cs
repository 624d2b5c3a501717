namespace Orchestrator.Architecture.Tests;

public sealed class FileTests
{
    private const int MaxLines = 300;

    private static readonly string[] BinsForTypes = ["Interfaces", "Services", "Models", "Helpers", "Utils", "Common", "Managers"];

    [Fact]
    public void File_LongerThanOthers_BeginsWithTheReason() =>
        SourceTree.CSharpFiles("src", "tests")
            .Select(f => (File: f, Lines: SourceTree.Read(f).TrimEnd().Split('\n')))
            .Where(f => f.Lines.Length > MaxLines && !f.Lines[0].TrimStart('\uFEFF').StartsWith("//", StringComparison.Ordinal) && !Debts.LongFiles.Contains(f.File))
            .Select(f => $"{f.File}: {f.Lines.Length} lines")
            .ShouldBeEmpty($"longer than {MaxLines} lines: split by job, or say in a first-line comment why it is one piece");

    [Fact]
    public void Folder_Name_IsACapability() =>
        SourceTree.CSharpFiles("src").Where(f => f.Split('/')[2..^1].Any(BinsForTypes.Contains)).ShouldBeEmpty();

    [Fact]
    public void Solution_Projects_AreAllInIt()
    {
        var solution = SourceTree.Read("Orchestrator.sln").Replace('\\', '/');
        Directory.EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(SourceTree.Root, f).Replace('\\', '/'))
            .Where(f => (f.StartsWith("src/", StringComparison.Ordinal) || f.StartsWith("tests/", StringComparison.Ordinal)) && !solution.Contains($"\"{f}\"", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }
}
