using Microsoft.Extensions.DependencyInjection.Extensions;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query;
using Orchestrator.Host.Query.Containers;
using Orchestrator.Serving;

namespace Orchestrator.Host.Rehearsals;

/// <summary>
/// Takes some requests through a query frontend of its own before the real one opens. The first prediction of a .NET process compiles everything on its way, which takes
/// longer than many SLOs: without a rehearsal the first client of a fresh orchestrator would get the default output.
/// </summary>
/// <remarks>
/// It has its own ports, container, queue and cache, and is gone before telemetry starts: no metric, trace, log line or model of the real one ever sees it.
/// Whatever fails in it costs the first requests some milliseconds and nothing else, so it is told, and the start goes on.
/// </remarks>
internal static class Rehearsal
{
    /// <summary>More than the 30 calls after which the runtime begins to compile a method anew and better.</summary>
    public const int Rounds = 40;

    /// <summary>A machine so slow that this is not enough has other worries than its first answer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Rehearses.</summary>
    /// <param name="options">Of the real frontend.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>What went wrong, or null.</returns>
    public static async Task<string?> RunAsync(HostOptions options, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await RehearseAsync(options, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return $"not done after {Limit.TotalSeconds} s";
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return exception.Message;
        }
    }

    private static async Task<string?> RehearseAsync(HostOptions options, CancellationToken cancellationToken)
    {
        await using var container = await RehearsalContainer.StartAsync(cancellationToken);
        await using var services = AddServices(options).BuildServiceProvider();
        await services.GetRequiredService<IServingSnapshots>().PublishAsync(RehearsalPlan.Snapshot(container.Address), cancellationToken);
        var frontend = services.GetRequiredService<QuerySurface>();
        await frontend.StartAsync(cancellationToken);
        var loops = services.GetServices<IHostedService>().ToList();
        foreach (var loop in loops)
        {
            await loop.StartAsync(cancellationToken);
        }

        await WaitUntilServedAsync(services.GetRequiredService<ServingState>(), cancellationToken);
        var problem = await AskAsync(frontend.Address, cancellationToken);
        await frontend.StopAsync(cancellationToken);
        foreach (var loop in loops)
        {
            await loop.StopAsync(cancellationToken);
        }

        return problem;
    }

    private static ServiceCollection AddServices(HostOptions options)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new HostOptions { QueryPort = 0, MaxBodyBytes = options.MaxBodyBytes, DrainTimeout = TimeSpan.Zero });
        services.AddSingleton<IServingSnapshots, InMemoryServingSnapshots>();
        services.AddSingleton<IFrontendReports, InMemoryFrontendReports>();
        services.AddSingleton<ServedClusters>();
        services.AddSingleton<IFeatureStore, RehearsalFeatures>();
        services.AddServing();
        services.AddSingleton<QuerySurface>(s => ActivatorUtilities.CreateInstance<QuerySurface>(s));
        return services;
    }

    private static async Task WaitUntilServedAsync(ServingState state, CancellationToken cancellationToken)
    {
        while (state.Table.Snapshot.Revision == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<string?> AskAsync(Uri frontend, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = frontend };
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var request in RehearsalPlan.Round(round))
            {
                using (request)
                using (var response = await client.SendAsync(request, cancellationToken))
                {
                    if (!response.IsSuccessStatusCode)
                    {
                        return $"{request.RequestUri} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}";
                    }

                    await response.Content.ReadAsByteArrayAsync(cancellationToken);
                }
            }
        }

        return null;
    }
}
