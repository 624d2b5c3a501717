using Orchestrator.Core;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>Shares a container's answer out to the items of its batch.</summary>
internal static class BatchResult
{
    /// <summary>One outcome per item, in order, outputs without a copy. False: the answer does not fit the batch.</summary>
    public static bool TryShare(Batch batch, InferResponse response, out PredictionOutcome[] shares, out string? mismatch)
    {
        var count = batch.Items.Count;
        shares = new PredictionOutcome[count];
        mismatch = null;
        Span<int> rows = count <= 256 ? stackalloc int[count] : new int[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = batch.Items[i].Rows;
        }

        var perItem = new Tensor[count][];
        for (var i = 0; i < count; i++)
        {
            perItem[i] = new Tensor[response.Outputs.Count];
        }

        for (var o = 0; o < response.Outputs.Count; o++)
        {
            var output = response.Outputs[o];
            if (output.Rows != batch.Rows || output.Shape.Length == 0)
            {
                mismatch = $"the container answered {output.Rows} rows of '{output.Name}' for a batch of {batch.Rows}";
                return false;
            }

            try
            {
                var parts = count == 1 ? [output] : TensorRows.Split(output, rows);
                for (var i = 0; i < count; i++)
                {
                    perItem[i][o] = parts[i];
                }
            }
            catch (ProtocolException error)
            {
                mismatch = $"the container's output '{output.Name}' is malformed: {error.Message}";
                return false;
            }
        }

        var first = 0;
        var version = batch.Items[0].Queue.Id;
        for (var i = 0; i < count; i++)
        {
            shares[i] = response.RowErrors is null
                ? new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = version, Outputs = perItem[i] }
                : ShareWithErrors(version, perItem[i], response, first, rows[i]);
            first += rows[i];
        }

        return true;
    }

    /// <summary>An item of which no row was answered has failed: as it would have alone, whoever its neighbours were.</summary>
    private static PredictionOutcome ShareWithErrors(ModelVersionId version, Tensor[] outputs, InferResponse response, int first, int rows)
    {
        var errors = ErrorsOf(response.RowErrors!, first, rows);
        int[] invalid = errors is null ? [] : [.. response.InvalidRows.Where(row => row >= first && row < first + rows).Select(row => row - first)];
        if (errors?.Count == rows)
        {
            var kind = invalid.Length == rows ? OutcomeKind.InvalidInput : OutcomeKind.Failed;
            return new PredictionOutcome { Kind = kind, ModelVersion = version, Explanation = errors[0] };
        }

        return new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = version, Outputs = outputs, RowErrors = errors, InvalidRows = invalid };
    }

    private static Dictionary<int, string>? ErrorsOf(IReadOnlyDictionary<int, string> all, int first, int rows)
    {
        Dictionary<int, string>? own = null;
        foreach (var (row, text) in all)
        {
            if (row >= first && row < first + rows)
            {
                (own ??= [])[row - first] = text;
            }
        }

        return own;
    }
}
