using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Http;

/// <summary>Texts for 404: what was asked for, what there is, what to try.</summary>
internal static class WhatExists
{
    private const int MostListed = 20;

    public static string DescribePaths(string path, ServingTable table)
    {
        var application = table.Applications.Keys.Order(StringComparer.Ordinal).FirstOrDefault() ?? "{application}";
        var model = table.Models.Keys.Order(StringComparer.Ordinal).FirstOrDefault() ?? "{model}";
        return $"There is nothing at {path}; try POST /{application}/predict, GET /v2/models/{model}, POST /v2/models/{model}/infer, "
            + $"GET /v2/health/ready, or a path of the container itself under /containers/{model}/current/. {Applications(table)}";
    }

    public static string Application(string name, ServingTable table) => $"There is no application '{name}'. {Applications(table)}";

    public static string Model(string name, ServingTable table) => $"There is no model '{name}'. {List("Models", table.Models.Keys)}";

    public static string Version(string version, ModelEntry model) =>
        $"Model '{model.Name}' does not serve version '{version}'. {List("Versions that can be called", model.Versions.Keys)}";

    public static string NotReady(ModelEntry model) => $"Model '{model.Name}' has no version that is ready yet; GET /api/v1/models/{model.Name} on the admin port says why.";

    private static string Applications(ServingTable table) => List("Applications", table.Applications.Keys);

    private static string List(string what, IReadOnlyCollection<string> names) => names.Count switch
    {
        0 => $"{what}: none yet.",
        <= MostListed => $"{what}: {string.Join(", ", names.Order(StringComparer.Ordinal))}.",
        _ => $"{what}: {string.Join(", ", names.Order(StringComparer.Ordinal).Take(MostListed))} and {names.Count - MostListed} more.",
    };
}
