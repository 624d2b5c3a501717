using System.Buffers;
using Microsoft.AspNetCore.Http;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Writes the short answers: health, metadata, errors.</summary>
internal static class Answers
{
    /// <summary>What <paramref name="write"/> writes, for answers that are kept.</summary>
    public static byte[] Bytes(Action<IBufferWriter<byte>> write)
    {
        using var buffer = new PooledBuffer(1024);
        write(buffer);
        return buffer.Written.ToArray();
    }

    public static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContractNames.JsonContentType;
        response.ContentLength = json.Length;
        return response.BodyWriter.WriteAsync(json, context.RequestAborted).AsTask();
    }

    public static Task ErrorAsync(HttpContext context, int status, string text) =>
        JsonAsync(context, status, Bytes(writer => ErrorBody.Write(writer, text)));
}
