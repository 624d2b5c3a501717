using Orchestrator.Core.Features;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>The records that a request needs, each once however many queries need it, those of one view together.</summary>
internal sealed class FeatureQueries
{
    private readonly int[] _indices;
    private readonly int _views;

    private FeatureQueries(IReadOnlyList<FeatureQuery> all, int[] indices, int views)
    {
        All = all;
        _indices = indices;
        _views = views;
    }

    public IReadOnlyList<FeatureQuery> All { get; }

    /// <summary>Which of <see cref="All"/> a query needs of a view; -1: none.</summary>
    public int IndexOf(int row, int view) => _indices[(row * _views) + view];

    /// <exception cref="PredictRequestException">An entity lacks a key that is needed.</exception>
    public static FeatureQueries Of(EntityRequest request, FeaturePlan plan, ApplicationFeatures features)
    {
        var views = features.Views.Count;
        var indices = new int[request.RowCount * views];
        Array.Fill(indices, -1);
        var all = new List<FeatureQuery>();
        var known = new Dictionary<EntityId, int>();
        for (var view = 0; view < views; view++)
        {
            known.Clear();
            for (var row = 0; row < request.RowCount; row++)
            {
                if (!Needs(plan, view, request.GivenOf(row)))
                {
                    continue;
                }

                var entity = EntityOf(request, row, view, features);
                if (!known.TryGetValue(entity, out var index))
                {
                    known[entity] = index = all.Count;
                    all.Add(new FeatureQuery(features.Views[view], entity));
                }

                indices[(row * views) + view] = index;
            }
        }

        return new FeatureQueries(all, indices, views);
    }

    /// <summary>What the request gives needs no look-up.</summary>
    private static bool Needs(FeaturePlan plan, int view, Piece[] given)
    {
        for (var i = 0; i < plan.Slots.Count; i++)
        {
            if (plan.Slots[i].View == view && !given[i].IsThere)
            {
                return true;
            }
        }

        return false;
    }

    private static EntityId EntityOf(EntityRequest request, int row, int view, ApplicationFeatures features)
    {
        var named = request.EntityOf(row);
        var keys = features.KeysOfViews[view];
        var values = new string[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            values[i] = named[keys[i]] ?? throw PredictRequestReader.EntityError(
                $"{(request.Entities.Count > 1 ? $"entity_batch[{row}]" : "the entity")} lacks '{features.Keys[keys[i]].Name}', which view '{features.Views[view].Name}' is looked up by; expected {string.Join(", ", features.Views[view].Keys.Select(k => k.Name))}");
        }

        return new EntityId(values);
    }
}
