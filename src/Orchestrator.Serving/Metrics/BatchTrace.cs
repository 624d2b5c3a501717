using System.Diagnostics;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Metrics;

/// <summary>One span per batch, linked to the spans of the requests in it; nothing at all unless somebody listens.</summary>
internal static class BatchTrace
{
    public const string SourceName = "Orchestrator.Serving";

    private static readonly ActivitySource Source = new(SourceName);

    public static bool IsOn => Source.HasListeners();

    public static Activity? Start(Batch batch, ReplicaEndpoint endpoint)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var links = new List<ActivityLink>(batch.Items.Count);
        foreach (var item in batch.Items)
        {
            if (item.Trace is { } request && request.Context != default)
            {
                links.Add(new ActivityLink(request.Context));
            }
        }

        // A root of its own: a batch belongs to all of its requests, not to the one that happened to be first.
        Activity.Current = null;
        return Source.StartActivity(
            "infer batch",
            ActivityKind.Client,
            parentContext: default,
            tags: [new("model", endpoint.Id.ModelVersion.Model), new("version", endpoint.Id.ModelVersion.Version), new("replica", endpoint.Id.Instance), new("batch.rows", batch.Rows), new("batch.requests", batch.Items.Count)],
            links: links);
    }
}
