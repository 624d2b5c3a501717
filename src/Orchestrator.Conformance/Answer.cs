using System.Net.Http.Headers;
using System.Text;
using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>An HTTP answer, read to its end.</summary>
/// <param name="Call">Verb and path, for messages.</param>
/// <param name="Status">Status code.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="ContentType">Media type, or null.</param>
/// <param name="Body">The body.</param>
/// <param name="Elapsed">From sending to the last byte.</param>
internal sealed record Answer(string Call, int Status, HttpResponseHeaders Headers, string? ContentType, byte[] Body, TimeSpan Elapsed)
{
    private const int ExcerptLength = 200;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;

    /// <summary>For messages: status and what the error says, or else the start of the body.</summary>
    public string Excerpt => Body.Length == 0
        ? $"{Status} without a body"
        : $"{Status} {ErrorBody.TryRead(Body) ?? Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, ExcerptLength)))}";

    public Answer ExpectStatus(int status) =>
        Status == status ? this :
        status == 200 && Status == 500 ? throw new ModelFailedException($"{status} to {Call}", Excerpt) :
        throw new CheckFailedException($"{status} to {Call}", Excerpt);

    /// <summary>Expects a status and, as the contract has it for every error, <c>{"error":"text"}</c> as JSON.</summary>
    public Answer ExpectError(int status)
    {
        ExpectStatus(status);
        if (string.IsNullOrEmpty(ErrorBody.TryRead(Body)))
        {
            throw new CheckFailedException($"{{\"error\":\"text\"}} with the {status} to {Call}", Excerpt);
        }

        return ContentType == ContractNames.JsonContentType
            ? this
            : throw new CheckFailedException($"Content-Type {ContractNames.JsonContentType} with the {status} to {Call}", ContentType ?? "none");
    }

    /// <summary>Expects an inference answer.</summary>
    public InferResponse ExpectInference()
    {
        ExpectStatus(200);
        try
        {
            return InferCodec.ReadResponse(Body, HeaderLength(), CodecLimits.Default);
        }
        catch (ProtocolException e)
        {
            throw new CheckFailedException($"an inference answer to {Call}", $"one that cannot be read: {e.Message}");
        }
    }

    private int? HeaderLength()
    {
        var text = Header(ContractNames.HeaderLength);
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new CheckFailedException($"a number in the header {ContractNames.HeaderLength}", text);
    }
}
