using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Features;

namespace Orchestrator.Serving.Tests.Features;

/// <summary>Short ways to write what features are.</summary>
internal static class FeatureSpecs
{
    public static FeatureSpec Feature(string name, string type = "double", string? byDefault = null, string? input = null) =>
        new() { Name = name, Type = type, Default = byDefault is null ? null : JsonDocument.Parse(byDefault).RootElement.Clone(), Input = input };

    public static FeatureViewSpec View(string name, params FeatureSpec[] features) =>
        new() { Name = name, Entity = [new EntityKeySpec { Name = "id", Type = "int64" }], Features = features };

    public static ApplicationFeatures Application(FeaturesSpec features) => ApplicationFeatures.Of(new ApplicationSpec
    {
        Name = "a",
        Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(40) },
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = "m" }] },
        Features = features,
    })!;
}
