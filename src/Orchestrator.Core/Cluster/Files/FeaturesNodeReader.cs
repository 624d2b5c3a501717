namespace Orchestrator.Core.Cluster.Files;

/// <summary>Reads what an application looks up.</summary>
internal static class FeaturesNodeReader
{
    private const string EntityExpected = "the name of the key, a mapping with the keys name, type, or a list of these";

    public static FeaturesSpec? Read(ReadingContext context, MapReader application)
    {
        if (application.Map("features", "a mapping with the keys budget, columns, views") is not { } map)
        {
            return null;
        }

        var features = new FeaturesSpec
        {
            Budget = map.Duration("budget"),
            Columns = map.List("columns", "a list of names", (node, path, specPath) => map.TextOf(node, path, specPath) ?? ""),
            Views = map.List("views", "a list of views", (node, path, specPath) => ReadView(context, node, path, specPath)),
        };
        map.Finish();
        return features;
    }

    private static FeatureViewSpec ReadView(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        var map = new MapReader(context, node, path, specPath, "a mapping with the keys name, entity, features, maxAge, layout, project");
        var view = new FeatureViewSpec
        {
            Name = map.RequiredText("name", "the view's name"),
            Entity = ReadEntity(context, map),
            Features = map.List("features", "a list of features", (item, itemPath, itemSpecPath) => ReadFeature(context, item, itemPath, itemSpecPath)),
            MaxAge = map.Duration("maxAge"),
            Project = map.Text("project"),
        };
        view = view with { Layout = map.Text("layout") ?? view.Layout };
        map.Finish();
        return view;
    }

    private static IReadOnlyList<EntityKeySpec> ReadEntity(ReadingContext context, MapReader view)
    {
        if (view.IsScalar("entity"))
        {
            view.Node("entity", specKey: "entity[0]");
            return view.Text("entity") is { } name ? [new EntityKeySpec { Name = name }] : [];
        }

        if (view.IsList("entity"))
        {
            return view.List("entity", EntityExpected, (node, path, specPath) => ReadKey(context, view, node, path, specPath));
        }

        return view.Node("entity") is { } node ? [ReadKey(context, view, node, view.PathOf("entity"), $"{view.SpecPath}.entity[0]")] : [];
    }

    private static EntityKeySpec ReadKey(ReadingContext context, MapReader view, ConfigNode node, string path, string specPath)
    {
        if (node is ConfigScalar)
        {
            return new EntityKeySpec { Name = view.TextOf(node, path, specPath) ?? "" };
        }

        var map = new MapReader(context, node, path, specPath, EntityExpected);
        var key = new EntityKeySpec { Name = map.RequiredText("name", "the key's name in requests") };
        key = key with { Type = map.Text("type") ?? key.Type };
        map.Finish();
        return key;
    }

    private static FeatureSpec ReadFeature(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        var map = new MapReader(context, node, path, specPath, "a mapping with the keys name, type, default, input");
        var feature = new FeatureSpec
        {
            Name = map.RequiredText("name", "the feature's name in the store"),
            Type = map.RequiredText("type", $"one of {string.Join(", ", Features.FeatureTypes.Names)}"),
            Default = map.Json("default"),
            Input = map.Text("input"),
        };
        map.Finish();
        return feature;
    }
}
