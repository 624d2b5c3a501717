using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Features;
using Orchestrator.Serving.Features;

namespace Orchestrator.Host.Admin;

/// <summary>A record as the admin API shows it.</summary>
internal static class FeatureRecords
{
    public static FeatureRecordStatus Describe(in FeatureQuery query, FeatureRecord record, DateTimeOffset now)
    {
        var found = FoundFeatures.Of(query, record, now);
        var view = query.View;
        var features = new List<FeatureStatus>();
        for (var i = 0; i < view.Features.Count; i++)
        {
            var used = found.ValueOf(i, out var why);
            features.Add(new FeatureStatus
            {
                Name = view.Features[i].Name,
                Type = FeatureTypes.Names[(int)view.Features[i].Type],
                Stored = Json(record.Cells[i].Json),
                Used = Json(used),
                Problem = why switch
                {
                    FeatureAbsence.None => null,
                    FeatureAbsence.Invalid when record.Problem is null => $"what is stored is not of the type; expected {FeatureTypes.Expected(view.Features[i].Type)}",
                    FeatureAbsence.Missing => "nothing is stored",
                    _ => found.DescribeWhole(),
                },
            });
        }

        var entity = query.Entity;
        return new FeatureRecordStatus
        {
            View = view.Name,
            Entity = view.Keys.Select((k, i) => (k.Name, Value: entity.Values[i])).ToDictionary(k => k.Name, k => k.Value),
            Problem = found.DescribeWhole(),
            At = record.At,
            Features = features,
        };
    }

    private static JsonElement? Json(byte[]? json)
    {
        if (json is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
