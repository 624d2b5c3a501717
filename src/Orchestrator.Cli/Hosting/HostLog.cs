using System.Globalization;

namespace Orchestrator.Cli.Hosting;

/// <summary>What the orchestrator's process writes: all of it into a file, warnings and errors to the terminal as well.</summary>
internal sealed class HostLog : IAsyncDisposable
{
    private const int Remembered = 20;
    private const long LongestFile = 16 * 1024 * 1024;
    private const string FatalMark = "FATAL: ";

    // Not the FATAL line: it is the last one, and is told as the reason of the end.
    private static readonly string[] WorthShowing = [" warn: ", " fail: ", " crit: ", "Unhandled exception"];

    private readonly TextWriter _terminal;
    private readonly bool _showAll;
    private readonly Queue<string> _last = new();
    private readonly List<string> _heldBack = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private StreamWriter? _file;
    private bool _isHeld;

    /// <param name="path">Of the file; what was there is kept beside it with the ending <c>.1</c>.</param>
    /// <param name="terminal">Where warnings and errors go as well.</param>
    /// <param name="showAll">Everything goes there.</param>
    /// <param name="file">Instead of the file, for tests.</param>
    public HostLog(string path, TextWriter terminal, bool showAll, Stream? file = null)
    {
        Path = path;
        _terminal = terminal;
        _showAll = showAll;
        _file = file is null ? Open() : new StreamWriter(file);
    }

    public string Path { get; }

    /// <summary>The newest lines, oldest first.</summary>
    public IReadOnlyList<string> Last => [.. _last];

    /// <summary>What the orchestrator itself said of its end; null: nothing.</summary>
    public string? Fatal => _last.LastOrDefault(l => l.StartsWith(FatalMark, StringComparison.Ordinal))?[FatalMark.Length..];

    /// <summary>While something draws on the terminal lines wait.</summary>
    public void Hold() => _isHeld = true;

    public async Task ReleaseAsync()
    {
        await _turn.WaitAsync();
        try
        {
            _isHeld = false;
            foreach (var line in _heldBack)
            {
                await _terminal.WriteLineAsync(line);
            }

            _heldBack.Clear();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends with the stream.</summary>
    public async Task PumpAsync(TextReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            await _turn.WaitAsync();
            try
            {
                await WriteAsync(line);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_file?.DisposeAsync() ?? ValueTask.CompletedTask);
        _turn.Dispose();
    }

    private async Task WriteAsync(string line)
    {
        _last.Enqueue(line);
        if (_last.Count > Remembered)
        {
            _last.Dequeue();
        }

        await WriteFileAsync(line);
        if (!_showAll && !Array.Exists(WorthShowing, w => line.Contains(w, StringComparison.Ordinal)))
        {
            return;
        }

        await ShowAsync(line);
    }

    private async Task ShowAsync(string line)
    {
        if (_isHeld)
        {
            _heldBack.Add(line);
        }
        else
        {
            await _terminal.WriteLineAsync(line);
        }
    }

    // Whatever becomes of the file, reading goes on: a full pipe would stop the orchestrator at its next log line.
    private async Task WriteFileAsync(string line)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            await _file.WriteLineAsync(line);
            await _file.FlushAsync();
            if (_file.BaseStream.Length > LongestFile)
            {
                await _file.DisposeAsync();
                _file = Open();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CliException)
        {
            _file = null;
            await ShowAsync($"warning: {Path} cannot be written any more: {e.Message}");
        }
    }

    // One older file is kept: what a former run said is often what one looks for after a crash.
    private StreamWriter Open()
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
            if (File.Exists(Path))
            {
                File.Move(Path, Path + ".1", overwrite: true);
            }

            return new StreamWriter(new FileStream(Path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, string.Create(CultureInfo.InvariantCulture, $"{Path}: cannot be written: {e.Message.TrimEnd('.')}. Choose another folder with --state."), innerException: e);
        }
    }
}
