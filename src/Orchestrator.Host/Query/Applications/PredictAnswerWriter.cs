using System.Text.Json;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Writes what Clipper's clients expect for one query, with the members of ours.</summary>
internal sealed class PredictAnswerWriter(QueryIds ids)
{
    // Clipper's own texts; its clients compare them.
    private const string NoModel = "No connected models found for query";
    private const string Missed = "Failed to retrieve a prediction response within the specified latency SLO";

    /// <summary>Writes <c>{"query_id", "output", "default": false, ...}</c>.</summary>
    /// <exception cref="ProtocolException">An output has no JSON form (BF16, bytes that are no text).</exception>
    public void WriteOk(Utf8JsonWriter json, PredictionOutcome outcome)
    {
        var id = ids.Next();
        json.WriteStartObject();
        json.WriteNumber("query_id"u8, id);
        json.WritePropertyName("output"u8);
        WriteRow(json, outcome.Outputs[0]);
        if (outcome.Outputs.Count > 1)
        {
            json.WriteStartObject("outputs"u8);
            foreach (var output in outcome.Outputs)
            {
                json.WritePropertyName(output.Name);
                WriteRow(json, output);
            }

            json.WriteEndObject();
        }

        json.WriteBoolean("default"u8, false);
        json.WriteString("model"u8, outcome.ModelVersion.Model);
        json.WriteString("version"u8, outcome.ModelVersion.Version);
        ids.WritePredictionId(json, id);
        json.WriteEndObject();
    }

    /// <summary>Writes the application's default output and why it was taken.</summary>
    public void WriteDefault(Utf8JsonWriter json, JsonElement output, VersionEntry? target, PredictionFailure failure)
    {
        var id = ids.Next();
        json.WriteStartObject();
        json.WriteNumber("query_id"u8, id);
        json.WritePropertyName("output"u8);
        output.WriteTo(json);
        json.WriteBoolean("default"u8, true);
        json.WriteString("default_explanation"u8, failure.Kind switch
        {
            OutcomeKind.Unavailable => NoModel,
            OutcomeKind.DeadlineMissed => Missed,
            _ => failure.Explanation,
        });
        if (target is not null)
        {
            json.WriteString("model"u8, target.Id.Model);
            json.WriteString("version"u8, target.Id.Version);
        }

        ids.WritePredictionId(json, id);
        json.WriteEndObject();
    }

    /// <summary>Writes a failed element of <c>batch_predictions</c>.</summary>
    public void WriteError(Utf8JsonWriter json, PredictionFailure failure)
    {
        json.WriteStartObject();
        json.WriteNumber("query_id"u8, ids.Next());
        json.WriteString("error"u8, failure.ErrorKind);
        json.WriteString("cause"u8, failure.Explanation);
        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, Tensor output)
    {
        var row = output.Shape.Length == 0 ? output.Shape : output.Shape.AsSpan(1);
        TensorJson.WriteNested(json, output.DataType, row, output.Data.Span);
    }
}
