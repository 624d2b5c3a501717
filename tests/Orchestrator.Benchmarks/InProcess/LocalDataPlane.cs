using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Serving;
using Orchestrator.Serving;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>The orchestrator's data plane inside the benchmark: everything between a parsed request and the containers, without REST.</summary>
internal sealed class LocalDataPlane : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);
    private readonly IHost _host;
    private readonly ServingState _state;

    private LocalDataPlane(IHost host)
    {
        _host = host;
        _state = host.Services.GetRequiredService<ServingState>();
        Service = host.Services.GetRequiredService<PredictionService>();
    }

    public PredictionService Service { get; }

    public ServingTable Table => _state.Table;

    /// <summary>Starts it with a snapshot whose replicas run already.</summary>
    /// <param name="snapshot">What it serves.</param>
    /// <param name="stop">Ends the start.</param>
    /// <param name="replace">Puts other services in place of the usual ones; null: none.</param>
    public static async Task<LocalDataPlane> StartAsync(ServingSnapshot snapshot, CancellationToken stop, Action<IServiceCollection>? replace = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<InMemoryServingSnapshots>();
        builder.Services.AddSingleton<IServingSnapshots>(s => s.GetRequiredService<InMemoryServingSnapshots>());
        builder.Services.AddSingleton<IFrontendReports, InMemoryFrontendReports>();
        builder.Services.AddServing();
        replace?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(stop);
        var plane = new LocalDataPlane(host);
        await host.Services.GetRequiredService<InMemoryServingSnapshots>().PublishAsync(snapshot, stop);
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        while (plane._state.Table.Snapshot.Revision < snapshot.Revision)
        {
            if (time.GetElapsedTime(started) > StartTimeout)
            {
                throw new BenchmarkException($"the data plane did not take its snapshot in within {StartTimeout}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), time, stop);
        }

        return plane;
    }

    public VersionEntry Version(string model, string version) => _state.Table.Models[model].Versions[version];

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
