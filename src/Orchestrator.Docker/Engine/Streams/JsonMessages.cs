using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Docker.Engine;

/// <summary>Reads a stream of JSON objects, one after the other, as the engine sends events and progress: with or without line ends between them.</summary>
internal static class JsonMessages
{
    /// <summary>An event or a line of a build is far below; what is longer is no such stream.</summary>
    private const int LongestMessage = 1024 * 1024;

    /// <exception cref="JsonException">What comes is no JSON, or one object is endless.</exception>
    /// <exception cref="IOException">The stream broke off.</exception>
    public static async IAsyncEnumerable<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var rest = result.Buffer;
                while (TryCut(ref rest, result.IsCompleted, out var message))
                {
                    yield return Parse(message, type);
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (result.IsCompleted)
                {
                    yield break;
                }

                if (rest.Length > LongestMessage)
                {
                    throw new JsonException($"a message of the engine is longer than {LongestMessage} bytes");
                }
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool TryCut(ref ReadOnlySequence<byte> rest, bool isEnd, out ReadOnlySequence<byte> message)
    {
        SkipSpace(ref rest);
        message = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        var reader = new Utf8JsonReader(rest, isFinalBlock: isEnd, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true }));
        if (!reader.Read() || !reader.TrySkip())
        {
            return false;
        }

        message = rest.Slice(0, reader.Position);
        rest = rest.Slice(reader.Position);
        return true;
    }

    private static void SkipSpace(ref ReadOnlySequence<byte> rest)
    {
        while (!rest.IsEmpty && rest.FirstSpan is [(byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..])
        {
            rest = rest.Slice(1);
        }
    }

    private static T Parse<T>(ReadOnlySequence<byte> message, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(message);
        return JsonSerializer.Deserialize(ref reader, type) ?? throw new JsonException("a message of the engine is null");
    }
}
