using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Query.Http;
using Orchestrator.Serving;
using Orchestrator.Serving.Routing;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Host.Query.Containers;

/// <summary>Moves <c>/containers/{model}/{version}/...</c> to the version's cluster, where YARP forwards it to a healthy replica; turns YARP's own failures into JSON.</summary>
internal sealed partial class ContainerForwardMiddleware(ServingState state, IServingLease lease, IProxyStateLookup proxy, JsonErrors errors, ILogger<ContainerForwardMiddleware> logger)
{
    private const string CurrentVersion = "current";

    public async Task ForwardAsync(HttpContext context, RequestDelegate forward)
    {
        var table = state.Table;
        var modelName = (string)context.Request.RouteValues["model"]!;
        var versionName = (string)context.Request.RouteValues["version"]!;
        if (!table.Models.TryGetValue(modelName, out var model))
        {
            await errors.WriteAsync(context, StatusCodes.Status404NotFound, ErrorKinds.NotFound, WhatExists.Model(modelName, table));
            return;
        }

        var version = versionName == CurrentVersion ? model.Serving : model.Versions.GetValueOrDefault(versionName);
        if (version is null && versionName != CurrentVersion)
        {
            await errors.WriteAsync(context, StatusCodes.Status404NotFound, ErrorKinds.NotFound, WhatExists.Version(versionName, model));
            return;
        }

        if (version is not { IsReady: true } || !proxy.TryGetCluster(ServedClusters.IdOf(version.Id), out var cluster))
        {
            await errors.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ErrorKinds.Unavailable, version?.Reason ?? WhatExists.NotReady(model));
            return;
        }

        if (!lease.IsHeld)
        {
            // What a container says beyond the protocol cannot be checked for its version.
            await errors.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ErrorKinds.Unavailable, "This frontend is cut off from its control plane and cannot know whether that version still serves; ask another one.");
            return;
        }

        RemovePrefix(context.Request);
        if (context.Request.ContentLength is null or > PollingThread.MostBodyBytes)
        {
            context.Request.Body = new PoolReadStream(context.Request.Body);
        }

        context.ReassignProxyRequest(cluster);
        await forward(context);
        await ExplainAsync(context, version.Id);
    }

    // The container sees the path as if it were called directly; the rest of the pipeline sees what was removed as PathBase, as behind any mounted path.
    private static void RemovePrefix(HttpRequest request)
    {
        var path = request.Path.Value!;
        var end = 0;
        for (var segment = 0; segment < 3; segment++)
        {
            end = path.IndexOf('/', end + 1);
            if (end < 0)
            {
                end = path.Length;
                break;
            }
        }

        request.PathBase = request.PathBase.Add(path[..end]);
        request.Path = end == path.Length ? "/" : path[end..];
    }

    private Task ExplainAsync(HttpContext context, ModelVersionId version)
    {
        if (context.RequestAborted.IsCancellationRequested || context.GetForwarderErrorFeature() is not { } failure)
        {
            return Task.CompletedTask;
        }

        var description = Describe(failure);
        Log.NotForwarded(logger, context.Request.Method, context.Request.PathBase, context.Request.Path, description);
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        context.Request.Path = context.Request.PathBase.Add(context.Request.Path);
        context.Request.PathBase = PathString.Empty;
        return errors.WriteAsync(context, context.Response.StatusCode, ErrorKinds.Unavailable,
            $"No answer came from a replica of {version}: {description}.");
    }

    private static string Describe(IForwarderErrorFeature failure) => failure.Error switch
    {
        ForwarderError.NoAvailableDestinations => "none is ready",
        ForwarderError.RequestTimedOut => "it was silent for too long",
        _ => failure.Exception?.GetBaseException().Message.TrimEnd('.') ?? failure.Error.ToString(),
    };

    private static partial class Log
    {
        [LoggerMessage(EventId = 5202, Level = LogLevel.Warning, Message = "{Method} {Prefix}{Path} was not forwarded to its end: {Reason}")]
        public static partial void NotForwarded(ILogger logger, string method, string prefix, string path, string reason);
    }
}
