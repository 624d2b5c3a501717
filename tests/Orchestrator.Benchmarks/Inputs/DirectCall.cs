using System.Globalization;

using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>A client without an orchestrator: one connection, one row at a time, straight to the container.</summary>
internal static class DirectCall
{
    public static LoadPlan Plan(Uri container, DigitRows rows) => new()
    {
        Uri = container,
        Body = rows.Infer,
        ContentType = "application/octet-stream",
        Headers = new Dictionary<string, string> { ["Inference-Header-Content-Length"] = rows.InferHeaderLength.ToString(CultureInfo.InvariantCulture) },
    };
}
