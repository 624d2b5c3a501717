using System.Text;

namespace Orchestrator.Load.Running;

/// <summary>Says which class an answer belongs to.</summary>
/// <param name="check">Asked about model answers; null: all are right.</param>
internal sealed class AnswerSorter(AnswerCheck? check)
{
    private const int LongestQuote = 300;

    public AnswerClass Sort(int index, int status, ReadOnlySpan<byte> body) => status switch
    {
        200 when IsDefault(body) => AnswerClass.Default,
        200 => check is null || check(index, body) ? AnswerClass.Model : AnswerClass.Wrong,
        429 => AnswerClass.TooManyRequests,
        503 => AnswerClass.Unavailable,
        504 => AnswerClass.DeadlineExceeded,
        _ => AnswerClass.OtherStatus,
    };

    /// <summary>Status and the start of the body, for people.</summary>
    public static string Describe(int status, ReadOnlySpan<byte> body) =>
        $"{status} {Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestQuote)])}";

    // Inside a JSON string the quotes would be escaped, so the member can only be the answer's own (or one of an output that is an object, which none of our
    // models answers).
    private static bool IsDefault(ReadOnlySpan<byte> body)
    {
        for (var at = body.IndexOf("\"default\":"u8); at >= 0; at = body.IndexOf("\"default\":"u8))
        {
            body = body[(at + 10)..];
            if (body.TrimStart(" \t\r\n"u8).StartsWith("true"u8))
            {
                return true;
            }
        }

        return false;
    }
}
