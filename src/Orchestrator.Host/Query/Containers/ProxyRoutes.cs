using Yarp.ReverseProxy.Configuration;

namespace Orchestrator.Host.Query.Containers;

/// <summary>
/// The routes that YARP knows. They never change, for a change of routes rebuilds the matcher; all of them stand on one cluster without destinations that is always
/// there, for a route whose cluster is absent answers 503 before any step of ours. Which model is meant is decided per request (decision 0001).
/// </summary>
internal static class ProxyRoutes
{
    public const string EmptyCluster = "none";
    public const string Predict = "predict";
    public const string Infer = "infer";
    public const string InferVersion = "infer-version";
    public const string Container = "container";

    public static IReadOnlyList<RouteConfig> All { get; } =
    [
        Route(Predict, "/{app}/predict"),
        Route(Infer, "/v2/models/{model}/infer"),
        Route(InferVersion, "/v2/models/{model}/versions/{version}/infer"),
        Route(Container, "/containers/{model}/{version}/{**rest}"),
    ];

    public static ClusterConfig Empty { get; } = new() { ClusterId = EmptyCluster };

    // The body limit is ours (prediction) or the container's (pass-through): YARP's own step would come after ours anyway.
    private static RouteConfig Route(string id, string path) =>
        new() { RouteId = id, ClusterId = EmptyCluster, Match = new RouteMatch { Path = path }, MaxRequestBodySize = -1 };
}
