namespace Orchestrator.Core.Cluster.Files;

/// <summary>Reads an application: with a selection, or in the short form with its only model.</summary>
internal static class ApplicationNodeReader
{
    public static ApplicationSpec Read(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        var map = new MapReader(context, node, path, specPath, "a mapping that describes an application");
        var application = new ApplicationSpec
        {
            Name = map.RequiredText("name", "the application's name"),
            Slo = ReadSlo(map),
            DefaultOutput = map.Json("defaultOutput"),
            Selection = ReadSelection(context, map),
            Features = FeaturesNodeReader.Read(context, map),
        };
        map.Finish();
        return application;
    }

    private static SloSpec ReadSlo(MapReader map)
    {
        if (!map.Has("slo"))
        {
            map.Report("slo", $"is missing; expected the latency that answers must meet: {Durations.Expected}.");
            map.Suppress("slo");
            map.Node("slo");
            return new SloSpec { Latency = TimeSpan.Zero };
        }

        if (map.IsScalar("slo"))
        {
            return new SloSpec { Latency = map.Duration("slo", specKey: "slo.latency") ?? TimeSpan.Zero };
        }

        var slo = map.Map("slo", $"{Durations.Expected}, or a mapping with the keys latency, percentile")!;
        if (!slo.Has("latency"))
        {
            slo.Report("latency", $"is missing; expected {Durations.Expected}.");
            slo.Suppress("latency");
        }

        var spec = new SloSpec { Latency = slo.Duration("latency") ?? TimeSpan.Zero };
        spec = spec with { Percentile = slo.Number("percentile") ?? spec.Percentile };
        slo.Finish();
        return spec;
    }

    private static SelectionSpec ReadSelection(ReadingContext context, MapReader map)
    {
        if (map.Has("model"))
        {
            if (map.Has("selection"))
            {
                map.Report("model", "is given beside selection; expected one of them.");
            }

            map.Node("selection");
            return new SelectionSpec { Targets = [new SelectionTarget { Model = map.Text("model", specKey: "selection.targets[0].model") ?? "" }] };
        }

        map.Node("model");
        if (map.Map("selection", "a mapping with the keys policy, targets") is not { } selection)
        {
            map.Report("model", "is missing; expected the name of the model that answers, or a selection among several.");
            map.Suppress("selection");
            return new SelectionSpec();
        }

        var spec = new SelectionSpec();
        spec = new SelectionSpec
        {
            Policy = selection.Text("policy") ?? spec.Policy,
            Targets = selection.List("targets", "a list of models", (node, path, specPath) => ReadTarget(context, node, path, specPath)),
        };
        selection.Finish();
        return spec;
    }

    private static SelectionTarget ReadTarget(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        var map = new MapReader(context, node, path, specPath, "a mapping with the keys model, version, weight");
        var target = new SelectionTarget { Model = map.RequiredText("model", "the name of a model"), Version = map.Text("version") };
        target = target with { Weight = map.Number("weight") ?? target.Weight };
        map.Finish();
        return target;
    }
}
