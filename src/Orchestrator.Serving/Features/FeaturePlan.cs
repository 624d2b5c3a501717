using Orchestrator.Core;
using Orchestrator.Core.Features;
using Orchestrator.Protocol;

namespace Orchestrator.Serving.Features;

/// <summary>
/// How the features of an application become inputs of one model version, in its signature's order: a slot for each input, or, for a model whose one input is a row of several
/// elements, a slot for each element. Pure.
/// </summary>
public sealed class FeaturePlan
{
    private FeaturePlan(IReadOnlyList<FeatureSlot> slots, bool isRow, string? problem)
    {
        Slots = slots;
        IsRow = isRow;
        Problem = problem;
    }

    /// <summary>In the model's order.</summary>
    public IReadOnlyList<FeatureSlot> Slots { get; }

    /// <summary>The slots are the elements of the model's one input.</summary>
    public bool IsRow { get; }

    /// <summary>Why features cannot become inputs of this version, for people; null: they can.</summary>
    public string? Problem { get; }

    /// <summary>The slot of that name, or -1.</summary>
    public int IndexOf(string name)
    {
        for (var i = 0; i < Slots.Count; i++)
        {
            if (Slots[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    internal static FeaturePlan Of(ApplicationFeatures features, ModelVersionId id, IReadOnlyList<TensorMetadata> inputs)
    {
        var isRow = inputs.Count == 1 && (features.Columns.Count > 0 || inputs[0].Shape is [_, not 1] or [_, _, ..]);
        var names = !isRow ? inputs.Select(i => i.Name).ToList()
            : features.Columns.Count > 0 ? features.Columns
            : [.. features.Views.SelectMany(v => v.Features).Select(f => f.Input)];
        var slots = names.Select((name, i) => Bind(features, name, isRow ? inputs[0].DataType : inputs[i].DataType)).ToList();
        return new FeaturePlan(slots, isRow, FindProblem(features, id, inputs, slots, isRow));
    }

    private static FeatureSlot Bind(ApplicationFeatures features, string name, DataType type)
    {
        for (var v = 0; v < features.Views.Count; v++)
        {
            for (var f = 0; f < features.Views[v].Features.Count; f++)
            {
                if (features.Views[v].Features[f].Input == name)
                {
                    return new FeatureSlot(name, type, v, f, features.Views[v].Features[f].Type == FeatureType.Bool && type != DataType.Bool);
                }
            }
        }

        return new FeatureSlot(name, type, -1, -1, false);
    }

    private static string? FindProblem(ApplicationFeatures features, ModelVersionId id, IReadOnlyList<TensorMetadata> inputs, List<FeatureSlot> slots, bool isRow)
    {
        if (isRow && inputs[0].Shape.Length != 2)
        {
            return $"input '{inputs[0].Name}' of {id} takes rows of shape [{string.Join(',', inputs[0].Shape.Skip(1))}], which features cannot make; expected a row of numbers, or an input for each feature";
        }

        if (isRow && inputs[0].Shape[1] >= 0 && inputs[0].Shape[1] != slots.Count)
        {
            return $"input '{inputs[0].Name}' of {id} takes rows of {inputs[0].Shape[1]} elements and {(features.Columns.Count > 0 ? "columns" : "the views")} name {slots.Count}; name all of them in features.columns, in the model's order";
        }

        if (!isRow && features.Columns.FirstOrDefault(c => slots.All(s => s.Name != c)) is { } column)
        {
            return $"{id} has no input '{column}' as features.columns says; its inputs are {string.Join(", ", inputs.Select(i => i.Name))}";
        }

        if (!slots.Exists(s => s.IsLookedUp))
        {
            return $"no feature is an input of {id}; its inputs are {string.Join(", ", inputs.Select(i => i.Name))}; give a feature the name of one, or say which by input";
        }

        return slots.Where(s => s.IsLookedUp).Select(s => FindMisfit(features.Views[s.View], features.Views[s.View].Features[s.Feature], s, id)).FirstOrDefault(p => p is not null);
    }

    private static string? FindMisfit(FeatureView view, Feature feature, FeatureSlot slot, ModelVersionId id)
    {
        var isNumber = slot.Type is not (DataType.Bytes or DataType.Bf16 or DataType.Bool);
        var fits = feature.Type switch
        {
            FeatureType.String => slot.Type == DataType.Bytes,
            FeatureType.Bool => isNumber || slot.Type == DataType.Bool,
            FeatureType.Float or FeatureType.Double => slot.Type is DataType.Fp16 or DataType.Fp32 or DataType.Fp64,
            _ => isNumber,
        };
        return fits ? null
            : $"feature '{feature.Name}' of view '{view.Name}' is {FeatureTypes.Names[(int)feature.Type]}, and '{slot.Name}' of {id} takes {slot.Type.ToName()}; declare it as {Fitting(slot.Type)}";
    }

    private static string Fitting(DataType type) => type switch
    {
        DataType.Bytes => "string",
        DataType.Bool => "bool",
        DataType.Bf16 => "nothing: BF16 has no JSON form",
        DataType.Fp16 or DataType.Fp32 or DataType.Fp64 => "float or double",
        _ => "int32 or int64",
    };
}

/// <summary>One input, or one element of a row.</summary>
/// <param name="Name">The input's name, or the column's.</param>
/// <param name="Type">What the model takes there.</param>
/// <param name="View">Where its feature comes from; -1: the request gives it.</param>
/// <param name="Feature">Which feature of the view.</param>
/// <param name="IsCounted">A truth value that the model takes as 0 or 1.</param>
public sealed record FeatureSlot(string Name, DataType Type, int View, int Feature, bool IsCounted)
{
    /// <summary>The name as JSON.</summary>
    public ReadOnlyMemory<byte> NameAsJson { get; } = FeatureText.Text(System.Text.Encoding.UTF8.GetBytes(Name));

    /// <summary>Whether a feature fills it.</summary>
    public bool IsLookedUp => View >= 0;
}
