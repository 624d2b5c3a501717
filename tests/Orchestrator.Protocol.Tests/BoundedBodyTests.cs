namespace Orchestrator.Protocol.Tests;

public class BoundedBodyTests
{
    private const int Limit = 3 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData((1024 * 1024) + 1)]
    [InlineData(Limit)]
    public async Task Read_WithinTheLimit_GivesEveryByteWhetherAnnouncedOrNot(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        (await ReadAsync(new MemoryStream(bytes), null)).ShouldBe(bytes);
        (await ReadAsync(new MemoryStream(bytes), length)).ShouldBe(bytes);
    }

    [Fact]
    public async Task Read_EndlessBody_EndsAtTheLimit()
    {
        var endless = new EndlessStream();

        (await Should.ThrowAsync<ProtocolException>(() => ReadAsync(endless, null))).Message.ShouldBe($"the body is longer than {Limit} bytes, the most that is read of one answer");
        endless.Given.ShouldBeLessThan(2L * Limit, "what lies beyond the limit is left where it is");
    }

    [Fact]
    public async Task Read_TooLongAsAnnounced_ReadsNothing()
    {
        var endless = new EndlessStream();

        (await Should.ThrowAsync<ProtocolException>(() => ReadAsync(endless, long.MaxValue))).Message.ShouldContain("longer than");
        endless.Given.ShouldBe(0);
    }

    [Fact]
    public async Task Read_AnnouncedButCutOff_IsABrokenConnection() =>
        await Should.ThrowAsync<EndOfStreamException>(() => ReadAsync(new MemoryStream(new byte[3]), 4));

    private static async Task<byte[]> ReadAsync(Stream stream, long? announced)
    {
        using var content = new StreamContent(stream);
        content.Headers.ContentLength = announced;
        return await BoundedBody.ReadAsync(content, Limit, TestContext.Current.CancellationToken);
    }

    private sealed class EndlessStream : Stream
    {
        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Given += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
