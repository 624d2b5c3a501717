using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Orchestrator.Docker.Engine;

/// <summary>Which of a container's streams a frame is of.</summary>
internal enum LogStream
{
    /// <summary>Standard output.</summary>
    Output = 1,
    /// <summary>Standard error.</summary>
    Error = 2,
}

/// <summary>A piece of a container's output; not a line.</summary>
internal readonly record struct LogFrame(LogStream Stream, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Reads the engine's multiplexed log stream: frames of an 8 byte header (stream, three zeros, length as big-endian 32 bit) and that many bytes. Containers with a
/// terminal have no frames; ours never get one.
/// </summary>
internal static class LogFrames
{
    private const int HeaderBytes = 8;

    /// <summary>The engine cuts at 16 KiB; more means that this is no such stream.</summary>
    private const int LongestFrame = 16 * 1024 * 1024;

    /// <summary>A frame's bytes are valid until the next one is asked for.</summary>
    /// <exception cref="IOException">The stream broke off inside a frame.</exception>
    /// <exception cref="InvalidDataException">What comes are no frames.</exception>
    public static async IAsyncEnumerable<LogFrame> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellationToken) is var got and > 0)
            {
                if (got < HeaderBytes)
                {
                    throw new EndOfStreamException("the log broke off inside a frame's header");
                }

                var length = ReadLength(header);
                if (buffer.Length < length)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(length);
                }

                await stream.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken);
                yield return new LogFrame(header[0] == (byte)LogStream.Error ? LogStream.Error : LogStream.Output, buffer.AsMemory(0, length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int ReadLength(byte[] header)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
        return header[0] <= 3 && header[1] == 0 && header[2] == 0 && header[3] == 0 && length <= LongestFrame
            ? (int)length
            : throw new InvalidDataException("the log is not multiplexed (does the container have a terminal?)");
    }
}
