namespace Orchestrator.Core.Tests;

public sealed class FileMistakeTests
{
    public static TheoryData<Exception, string> Mistakes => new()
    {
        { new IOException("No space left on device : '/state/incoming/x'"), "No space left on device" },
        { new IOException("The process cannot access the file."), "The process cannot access the file" },
        { new FileNotFoundException("Could not find file '/x'."), "no such file" },
        { new DirectoryNotFoundException("Could not find a part of the path '/x/y'."), "no such file or folder" },
        { new UnauthorizedAccessException("Access to the path '/x' is denied."), "access is denied, or it is a folder" },
        { new FormatException("expected 3 outputs"), "expected 3 outputs" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Describe_OfAMistake_IsPartOfASentenceWithoutThePath(Exception mistake, string expected) => FileMistake.Describe(mistake).ShouldBe(expected);
}
