namespace Orchestrator.Core;

/// <summary>What went wrong with a file, as a part of a sentence that names the file itself: the system's own words repeat its whole path, some with a full stop and some without.</summary>
public static class FileMistake
{
    private const string PathOfAnError = " : '";

    /// <summary><c>no such file</c>, <c>No space left on device</c>.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        FileNotFoundException => "no such file",
        DirectoryNotFoundException => "no such file or folder",
        UnauthorizedAccessException => "access is denied, or it is a folder",
        _ => WithoutPath(exception.Message).TrimEnd('.', ' '),
    };

    private static string WithoutPath(string message)
    {
        var at = message.IndexOf(PathOfAnError, StringComparison.Ordinal);
        return at > 0 && message.EndsWith('\'') ? message[..at] : message;
    }
}
