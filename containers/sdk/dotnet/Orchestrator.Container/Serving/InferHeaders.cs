using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>The headers of an inference request.</summary>
/// <param name="HeaderLength">Bytes of JSON before the raw tensors; null: all of the body is JSON.</param>
/// <param name="BudgetMs">Milliseconds left on arrival; null: no deadline.</param>
/// <param name="TraceParent">W3C trace context; null: none.</param>
internal readonly record struct InferHeaders(int? HeaderLength, double? BudgetMs, string? TraceParent)
{
    /// <exception cref="ProtocolException">A header is wrong.</exception>
    public static InferHeaders Read(IHeaderDictionary headers)
    {
        int? headerLength = null;
        if (headers.TryGetValue(ContractNames.HeaderLength, out var length))
        {
            headerLength = int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : throw new ProtocolException($"{ContractNames.HeaderLength} is '{length}', expected the length of the JSON header in bytes");
        }

        double? budget = null;
        if (headers.TryGetValue(ContractNames.DeadlineMs, out var deadline))
        {
            const NumberStyles Decimal = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
            budget = double.TryParse(deadline, Decimal, CultureInfo.InvariantCulture, out var parsed) && double.IsFinite(parsed)
                ? parsed
                : throw new ProtocolException($"{ContractNames.DeadlineMs} is '{deadline}', expected milliseconds in decimal");
        }

        var encoding = headers.ContentEncoding;
        if (encoding.Count > 0 && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProtocolException($"Content-Encoding is '{encoding}', expected none");
        }

        var traceParent = headers.TraceParent;
        return new InferHeaders(headerLength, budget, traceParent.Count == 0 ? null : traceParent.ToString());
    }
}
