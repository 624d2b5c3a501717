using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orchestrator.Control.Desired;
using Orchestrator.Control.Probing;
using Orchestrator.Control.Reconciliation;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control;

/// <summary>Registers the control plane.</summary>
public static class ControlPlaneExtensions
{
    /// <summary>
    /// Adds <see cref="ControlPlane"/> (also as <see cref="IControlPlane"/> and hosted service) and its <see cref="ControlOptions"/>, validated at start.
    /// The caller registers the ports: <see cref="IModelRegistry"/>, <see cref="IArtefactStore"/>, <see cref="IContainerRuntime"/>, <see cref="IServingSnapshots"/>,
    /// <see cref="IFrontendReports"/>; the <see cref="ValidationContext"/> of this server; and binds <see cref="ControlOptions"/> to section <see cref="ControlOptions.Section"/> if there is a configuration.
    /// </summary>
    public static IServiceCollection AddControlPlane(this IServiceCollection services, Action<ControlOptions>? configure = null)
    {
        var options = services.AddOptions<ControlOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IValidateOptions<ControlOptions>, ControlOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ControlOptions>>().Value);
        services.AddSingleton<ControlPorts>();
        services.AddSingleton<ReplicaInbox>();
        services.TryAddSingleton<IReplicaProber, HttpReplicaProber>();
        services.TryAddSingleton<IRolloutPolicy, SurgeRolloutPolicy>();
        services.AddSingleton(CreateRunContext);
        services.AddSingleton<Reconciler>();
        services.AddSingleton<ReconcilerLoop>();
        services.AddSingleton<ClusterCheck>(provider =>
        {
            var context = provider.GetRequiredService<ValidationContext>();
            return (spec, willUpload) => ClusterSpecValidator.Validate(spec, willUpload.Count == 0 ? context : context.WithUploads(willUpload));
        });
        services.AddSingleton(provider => new ControlPlane(
            provider.GetRequiredService<ControlPorts>(), provider.GetRequiredService<ClusterCheck>(),
            provider.GetRequiredService<Reconciler>(), provider.GetRequiredService<ReconcilerLoop>()));
        services.AddSingleton<IControlPlane>(provider => provider.GetRequiredService<ControlPlane>());
        services.AddHostedService(provider => provider.GetRequiredService<ControlPlane>());
        return services;
    }

    private static ReplicaRunContext CreateRunContext(IServiceProvider provider) => new(
        provider.GetRequiredService<IContainerRuntime>(),
        provider.GetRequiredService<IReplicaProber>(),
        provider.GetRequiredService<ControlOptions>(),
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<Reconciler>>(),
        provider.GetRequiredService<ReplicaInbox>().Tell);
}
