using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Orchestrator.Host.Query.Http;

namespace Orchestrator.Host.Tests.Query.Http;

/// <summary>Where it goes on after a body: requests are taken on the thread that polls the sockets, and what takes long must not stay there.</summary>
public sealed class RequestBodyTests
{
    private const int Limit = 16 * 1024 * 1024;

    [ThreadStatic]
    private static bool _reads;

    [Theory]
    [InlineData(0, true)]
    [InlineData(32 * 1024, true)]
    [InlineData((32 * 1024) + 1, false)]
    [InlineData(1024 * 1024, false)]
    public async Task LargeBody_GoesOnInThePool(int length, bool here) =>
        (await ReadAsync(new byte[length], encoding: "")).ShouldBe((length, here));

    [Fact]
    public async Task CompressedBody_IsDecompressedInThePool()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[100]);
        }

        (await ReadAsync(compressed.ToArray(), "gzip")).ShouldBe((100, false));
    }

    private static Task<(int Length, bool Here)> ReadAsync(byte[] bytes, string encoding)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(bytes);
        context.Request.ContentLength = bytes.Length;
        context.Request.Headers.ContentEncoding = encoding;
        _reads = true;
        var read = AwaitAsync();
        _reads = false;
        return read;

        async Task<(int Length, bool Here)> AwaitAsync()
        {
            using var body = await PlainBody.ReadAsync(context.Request, Limit, CancellationToken.None);
            return (body.Memory.Length, _reads);
        }
    }
}
