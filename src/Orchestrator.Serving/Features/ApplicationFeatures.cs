using System.Runtime.CompilerServices;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Features;

/// <summary>What an application looks up, ready for use.</summary>
public sealed class ApplicationFeatures
{
    private readonly ConditionalWeakTable<VersionEntry, FeaturePlan> _plans = [];
    private readonly ConditionalWeakTable<VersionEntry, FeaturePlan>.CreateValueCallback _plan;

    private ApplicationFeatures(ApplicationSpec application, FeaturesSpec features)
    {
        _plan = version => FeaturePlan.Of(this, version.Id, version.Inputs!);
        Views = [.. features.Views.Select(FeatureView.Of)];
        Columns = features.Columns;
        Budget = features.Budget ?? application.Slo.Latency * FeaturesSpec.DefaultBudgetShare;
        var ordinary = application.Slo.Latency * FeaturesSpec.DefaultBudgetShare;
        Unhurried = Budget < ordinary ? Budget : ordinary;
        Keys = [.. Views.SelectMany(v => v.Keys).DistinctBy(k => k.Name)];
        KeysOfViews = [.. Views.Select(v => v.Keys.Select(k => Keys.TakeWhile(known => known.Name != k.Name).Count()).ToArray())];
    }

    /// <summary>Where features come from.</summary>
    public IReadOnlyList<FeatureView> Views { get; }

    /// <summary>Names of the elements of a model's one input; empty: the features in their order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What one look-up may take.</summary>
    public TimeSpan Budget { get; }

    /// <summary>A look-up that had so much time and no answer says something of the store: the budget, and of a long one what every request that comes in time has.</summary>
    public TimeSpan Unhurried { get; }

    /// <summary>Every key that a request may name, once.</summary>
    public IReadOnlyList<EntityKey> Keys { get; }

    /// <summary>By view: which of <see cref="Keys"/> it is looked up by, in its order.</summary>
    public IReadOnlyList<int[]> KeysOfViews { get; }

    /// <summary>Makes it ready; null for an application that looks nothing up.</summary>
    /// <param name="application">Validated.</param>
    public static ApplicationFeatures? Of(ApplicationSpec application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return application.Features is { } features ? new ApplicationFeatures(application, features) : null;
    }

    /// <summary>How features become inputs of a version; the same each time.</summary>
    /// <param name="version">With known inputs.</param>
    public FeaturePlan PlanFor(VersionEntry version) => _plans.GetValue(version, _plan);
}
