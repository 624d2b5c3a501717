using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Caching;

/// <summary>Names the rows of a call that were looked up, each alone, and not found: their answers are kept one by one.</summary>
/// <param name="Keys">One per row.</param>
/// <param name="SharedScope">Set when the answers are shared with other processes: what they belong to there.</param>
internal sealed record RowKeys(CacheKey[] Keys, CacheScope? SharedScope)
{
    /// <summary>Of some of the rows.</summary>
    public RowKeys Part(int first, int count) => this with { Keys = Keys[first..(first + count)] };

    /// <summary>Each row's answer out of the whole; null for a row that failed, and for all if there is no answer or none that can be cut into rows.</summary>
    public PredictionOutcome?[] Cut(PredictionOutcome whole)
    {
        var rows = new PredictionOutcome?[Keys.Length];
        if (whole.Kind != OutcomeKind.Ok)
        {
            return rows;
        }

        Tensor[][] outputs;
        try
        {
            outputs = RowTensors.Cut(whole.Outputs, rows.Length);
        }
        catch (ProtocolException)
        {
            // What one item alone was answered is passed on unread. Whoever asked gets it as it is; here it only is nothing to keep.
            return rows;
        }

        for (var row = 0; row < rows.Length; row++)
        {
            if (whole.RowErrors?.ContainsKey(row) != true)
            {
                rows[row] = new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = whole.ModelVersion, Outputs = outputs[row] };
            }
        }

        return rows;
    }
}
