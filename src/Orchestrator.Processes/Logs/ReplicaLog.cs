using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Core;

namespace Orchestrator.Processes.Logs;

/// <summary>
/// What one container wrote: the newest lines in memory, more of them in two files of bounded size (<c>x.log</c>, before it <c>x.log.1</c>).
/// One pump writes, any number read. A disk that cannot be written costs old lines, never the container: from then on the lines are in memory alone.
/// </summary>
internal sealed class ReplicaLog : IDisposable
{
    private const string Fatal = "FATAL: ";
    private const int LinesInMemory = 500;
    private const int CharactersInMemory = 256 * 1024;

    private readonly string _path;
    private readonly long _bytesPerFile;
    private readonly Action<string> _cannotWrite;
    private readonly Lock _lock = new();
    private readonly Queue<string> _recent = new();
    private readonly ChangeSignal _changed = new();
    private FileStream? _file;
    private int _characters;
    private long _count;
    private bool _ended;
    private string? _lastFatal;
    private bool _problemTold;

    /// <param name="path">Of the newer file.</param>
    /// <param name="bytes">Both files together.</param>
    /// <param name="cannotWrite">Told once why nothing is written to disk any more, outside the lock.</param>
    public ReplicaLog(string path, long bytes, Action<string> cannotWrite)
    {
        _path = path;
        _bytesPerFile = Math.Max(1, bytes / 2);
        _cannotWrite = cannotWrite;
        _file = Open();
        TellProblem();
    }

    /// <summary>Why nothing is written to disk any more; null: it is.</summary>
    public string? DiskProblem { get; private set; }

    /// <summary>Called by the pump alone.</summary>
    public void Append(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        // The file is written under the lock: a reader takes its length and the count of lines as one. Only readers of this very log ever wait for it.
        lock (_lock)
        {
            WriteFileNeedsLock(lines);
            foreach (var line in lines)
            {
                RememberNeedsLock(line);
            }
        }

        _changed.Notify();
        TellProblem();
    }

    /// <summary>Nothing comes any more; readers that follow end.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            CloseNeedsLock();
        }

        _changed.Notify();
    }

    /// <summary>The last lines, at most as many as are in memory.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        lock (_lock)
        {
            return [.. _recent.TakeLast(count)];
        }
    }

    /// <summary>The last lines, and among them in any case the last one that begins with <c>FATAL: </c>: why it ended, whatever was said after it.</summary>
    public IReadOnlyList<string> LastWithFatal(int count)
    {
        lock (_lock)
        {
            var last = _recent.TakeLast(count).ToList();
            return _lastFatal is null || last.Contains(_lastFatal) ? last : [_lastFatal, .. last.TakeLast(count - 1)];
        }
    }

    /// <summary>The last lines, then with <paramref name="follow"/> new ones until the container has ended.</summary>
    public async IAsyncEnumerable<string> ReadAsync(int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (lines, next) = ReadTail(tail);
        foreach (var line in lines)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return line;
        }

        while (follow)
        {
            var changed = _changed.NextAsync();
            (lines, var skipped, next, var ended) = ReadNew(next);
            if (skipped > 0)
            {
                yield return $"... {skipped} lines left out: they came faster than they were read ...";
            }

            foreach (var line in lines)
            {
                yield return line;
            }

            if (ended)
            {
                yield break;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Removes the files.</summary>
    public void Delete()
    {
        End();
        try
        {
            File.Delete(_path);
            File.Delete(Older);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DiskProblem = e.Message;
        }
    }

    public void Dispose() => End();

    private string Older => _path + ".1";

    private (IReadOnlyList<string> Lines, long Next) ReadTail(int tail)
    {
        var files = new List<(FileStream File, long Length)>();
        long next;
        lock (_lock)
        {
            if (tail <= _recent.Count || _count == _recent.Count || DiskProblem is not null)
            {
                return ([.. _recent.TakeLast(tail)], _count);
            }

            // Opened here, read outside: an open file stays what it is when the pump renames it, and the lines up to its length now are those counted now.
            next = _count;
            foreach (var path in new[] { Older, _path }.Where(File.Exists))
            {
                var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                files.Add((file, file.Length));
            }
        }

        return (ReadFiles(files, tail), next);
    }

    private static string[] ReadFiles(List<(FileStream File, long Length)> files, int tail)
    {
        var last = new Queue<string>();
        foreach (var (file, length) in files)
        {
            using var owned = file;
            var bytes = new byte[length];
            file.ReadExactly(bytes);
            foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n')[..^1])
            {
                last.Enqueue(line);
                if (last.Count > tail)
                {
                    last.Dequeue();
                }
            }
        }

        return [.. last];
    }

    private (IReadOnlyList<string> Lines, long Skipped, long Next, bool Ended) ReadNew(long next)
    {
        lock (_lock)
        {
            var oldest = _count - _recent.Count;
            var lines = _recent.Skip((int)Math.Max(0, next - oldest)).ToArray();
            return (lines, Math.Max(0, oldest - next), _count, _ended);
        }
    }

    private void RememberNeedsLock(string line)
    {
        _recent.Enqueue(line);
        _characters += line.Length;
        _count++;
        if (line.StartsWith(Fatal, StringComparison.Ordinal))
        {
            _lastFatal = line;
        }

        while (_recent.Count > LinesInMemory || _characters > CharactersInMemory)
        {
            _characters -= _recent.Dequeue().Length;
        }
    }

    private void WriteFileNeedsLock(IReadOnlyList<string> lines)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            _file.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
            if (_file.Length >= _bytesPerFile)
            {
                CloseNeedsLock();
                File.Move(_path, Older, overwrite: true);
                _file = Open();

                // The old file may have lost its end; this one is written.
                DiskProblem = _file is null ? DiskProblem : null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DiskProblem = e.Message;
            CloseNeedsLock();
        }
    }

    private void CloseNeedsLock()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException e)
        {
            DiskProblem = e.Message;
        }

        _file = null;
    }

    private void TellProblem()
    {
        if (DiskProblem is { } problem && !Interlocked.Exchange(ref _problemTold, true))
        {
            _cannotWrite(problem);
        }
    }

    private FileStream? Open()
    {
        try
        {
            // Without a buffer: what a full disk did not take would stay in it, and be written again, and fail again, when the file is closed.
            return new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DiskProblem = e.Message;
            return null;
        }
    }
}
