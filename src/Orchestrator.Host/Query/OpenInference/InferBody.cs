using System.Globalization;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Query.OpenInference;

/// <summary>Reads the bytes of a <c>/v2</c> request: length limit, compression, header length.</summary>
internal static class InferBody
{
    /// <summary>
    /// The whole body, decompressed. Not pooled: binary tensors are slices of it, and a batch that is out may still be sent when the client already has its answer (a missed deadline).
    /// </summary>
    /// <exception cref="BadHttpRequestException">413 beyond the limit, 415 for an encoding that is not known.</exception>
    /// <exception cref="ProtocolException">It is not compressed as the header says.</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        try
        {
            using var body = await PlainBody.ReadAsync(request, limit, cancellationToken);
            return body.Span.ToArray();
        }
        catch (InvalidDataException exception)
        {
            throw new ProtocolException(exception.Message, exception);
        }
    }

    /// <summary>Value of the header length header; null: the whole body is JSON.</summary>
    /// <exception cref="ProtocolException">It is no length within the body.</exception>
    public static int? ReadHeaderLength(HttpRequest request, int bodyLength)
    {
        if (!request.Headers.TryGetValue(ContractNames.HeaderLength, out var values))
        {
            return null;
        }

        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= bodyLength
            ? length
            : throw new ProtocolException($"header {ContractNames.HeaderLength}: expected the length in bytes of the JSON at the start of the body, 0 to {bodyLength}, got '{values}'");
    }
}
