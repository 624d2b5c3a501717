using Orchestrator.Protocol;

namespace Orchestrator.Serving.Prediction;

/// <summary>Joins the outcomes of the parts of one request that was too large for one batch.</summary>
internal static class PartsOutcome
{
    /// <summary>The joined answer; if a part has none, that part's outcome: a request is answered whole or not at all.</summary>
    public static PredictionOutcome Join(PredictionOutcome[] parts, ReadOnlySpan<int> rows)
    {
        Dictionary<int, string>? errors = null;
        List<int> invalid = [];
        var first = 0;
        for (var p = 0; p < parts.Length; p++)
        {
            if (parts[p].Kind != OutcomeKind.Ok)
            {
                return parts[p];
            }

            foreach (var (row, text) in parts[p].RowErrors ?? new Dictionary<int, string>())
            {
                (errors ??= [])[first + row] = text;
            }

            foreach (var row in parts[p].InvalidRows)
            {
                invalid.Add(first + row);
            }

            first += rows[p];
        }

        var outputs = new Tensor[parts[0].Outputs.Count];
        for (var o = 0; o < outputs.Length; o++)
        {
            var index = o;
            outputs[o] = TensorRows.Concat([.. parts.Select(part => part.Outputs[index])]);
        }

        return new PredictionOutcome
        {
            Kind = OutcomeKind.Ok, ModelVersion = parts[0].ModelVersion, Outputs = outputs, RowErrors = errors, InvalidRows = invalid, FromCache = parts.All(p => p.FromCache),
        };
    }
}
