using Orchestrator.Core.Admin;
using Orchestrator.Host.Gateway;
using Orchestrator.Host.Options;
using Orchestrator.Serving;

namespace Orchestrator.Host.Composition;

/// <summary>Whether this process can do what its role is.</summary>
internal sealed class Readiness(HostOptions options, ServingState serving, IServiceProvider services)
{
    /// <summary>Why it cannot; null: it can.</summary>
    public string? Obstacle =>
        services.GetService<FrontendHealth>() is { ReadyCount: 0 } frontends ? $"none of the {frontends.Addresses.Count} query frontends is ready"
        : options.HasFrontend && serving.Table.Snapshot.Revision == 0 ? "the first serving snapshot was not published yet" : services.GetService<IControlPlane>()?.Status.Problem;
}
