using System.Text;

using Orchestrator.Load.Wire;

namespace Orchestrator.Load.Tests.Wire;

public sealed class AnswerReaderTests
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    public static TheoryData<string, int, string> Answers => new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello" },
        { "HTTP/1.1 503 Busy\r\nServer: x\r\nCONTENT-LENGTH:  0 \r\n\r\n", 503, "" },
        { "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204, "" },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok" },
        { Chunked + "5\r\nhello\r\n0\r\n\r\n", 200, "hello" },
        { Chunked + "5;x=y\r\nhello\r\n01\r\n,\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n", 200, "hello,0123456789" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Advance_WholeOrByteByByteOrInPieces_GivesTheSameAnswer(string text, int status, string body)
    {
        foreach (var size in new[] { text.Length, 1, 2, 3, 7 })
        {
            var reader = new AnswerReader();
            for (var round = 0; round < 2; round++)
            {
                reader.Reset();
                Feed(reader, text, size).ShouldBe(text.Length, $"in pieces of {size}");
                reader.Status.ShouldBe(status);
                Encoding.ASCII.GetString(reader.Body).ShouldBe(body);
                reader.KeepAlive.ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Advance_BodyLongerThanTheBuffer_GrowsIt()
    {
        var body = new string('x', 100_000);
        var reader = new AnswerReader();

        Feed(reader, $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}", 10_000);

        reader.Body.Length.ShouldBe(body.Length);
    }

    [Fact]
    public void Advance_NoLength_ReadsToTheEndOfTheConnection()
    {
        var reader = new AnswerReader();

        Feed(reader, "HTTP/1.0 200 OK\r\n\r\nall of it", 4).ShouldBe(-1);
        reader.Advance(0).ShouldBeTrue();

        Encoding.ASCII.GetString(reader.Body).ShouldBe("all of it");
        reader.KeepAlive.ShouldBeFalse();
    }

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("SSH-2.0-hello you there\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab")]
    [InlineData(Chunked + "x\r\n\r\n")]
    [InlineData(Chunked + "-1\r\n\r\n")]
    [InlineData(Chunked + "2\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Chunked + "1\r\na\r\n0\r\n\r\nrest")]
    public void Advance_NoAnswer_SaysSo(string text)
    {
        Should.Throw<MalformedAnswerException>(() => Feed(new AnswerReader(), text, text.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n")]
    public void Advance_ConnectionEndsTooEarly_SaysSo(string text)
    {
        var reader = new AnswerReader();
        Feed(reader, text, Math.Max(1, text.Length)).ShouldBe(-1);

        Should.Throw<MalformedAnswerException>(() => reader.Advance(0));
    }

    // How many bytes were fed when the answer was whole; -1: it is not.
    private static int Feed(AnswerReader reader, string text, int size)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            var free = reader.Free().Span;
            var piece = bytes.AsSpan(at, Math.Min(Math.Min(size, free.Length), bytes.Length - at));
            piece.CopyTo(free);
            at += piece.Length;
            if (reader.Advance(piece.Length))
            {
                return at;
            }
        }

        return -1;
    }
}
