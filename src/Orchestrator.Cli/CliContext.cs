namespace Orchestrator.Cli;

/// <summary>Everything of the surrounding process that commands touch; tests bring their own.</summary>
internal sealed record CliContext
{
    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether standard output is a terminal that understands cursor movement.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>The same for standard error, where progress is shown.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Width of the terminal in characters.</summary>
    public int Width { get; init; } = 120;

    public required Func<string, string?> Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Never with NO_COLOR (https://no-color.org) or on a dumb terminal.</summary>
    public bool MayColour => Environment("NO_COLOR") is null or "" && Environment("TERM") != "dumb";

    public static CliContext OfThisProcess() => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        IsOutTerminal = !Console.IsOutputRedirected && System.Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
        IsErrorTerminal = !Console.IsErrorRedirected && System.Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
        Width = ReadWidth(),
        Environment = System.Environment.GetEnvironmentVariable,
    };

    private static int ReadWidth()
    {
        try
        {
            return Console.WindowWidth is > 20 and var width ? width : 120;
        }
        catch (IOException)
        {
            return 120;
        }
    }
}
