using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Container;

/// <summary>One container inside this process: listens from <see cref="StartAsync"/>, serves from <see cref="LoadAsync"/>, ends with <see cref="DrainAsync"/>.</summary>
internal sealed class RunningContainer : IAsyncDisposable
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(120);
    private readonly WebApplication _app;
    private readonly ContainerDefinition _definition;
    private readonly ContainerSettings _settings;
    private readonly TimeProvider _time;
    private readonly ContractRoutes _routes;
    private readonly ContainerState _state = new();
    private readonly BatchWorkers _workers;
    private IModel? _model;

    private RunningContainer(WebApplication app, ContainerDefinition definition, ContainerSettings settings, TimeProvider time)
    {
        _app = app;
        _definition = definition;
        _settings = settings;
        _time = time;
        Logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(definition.Name);
        _routes = new ContractRoutes(definition, settings, _state, Logger);
        _workers = new BatchWorkers(settings.Concurrency, time);
    }

    public ILogger Logger { get; }

    /// <summary>Where it listens: <c>http://127.0.0.1:8080</c> or <c>http://unix:/path</c>.</summary>
    public string Address { get; private set; } = "";

    /// <exception cref="ConfigurationException">It cannot listen there.</exception>
    public static async Task<RunningContainer> StartAsync(ContainerDefinition definition, ContainerSettings settings, TextWriter log, TimeProvider time)
    {
        var endpoint = await ListenAddress.ResolveAsync(settings).ConfigureAwait(false);
        var app = Build(endpoint, log, time);
        var container = new RunningContainer(app, definition, settings, time);
        app.Run(container._routes.HandleAsync);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw ListenAddress.CannotListen(settings, failure);
        }

        container.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return container;
    }

    /// <summary>Loads the model and turns ready. What the author's code throws comes out as it is.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        var context = new ModelContext
        {
            Model = _settings.Model,
            Version = _settings.Version,
            Artefact = _settings.Artefact,
            Options = new ModelOptions(_settings.Options),
            Threads = _settings.Threads,
            Concurrency = _settings.Concurrency,
            Logger = Logger,
            Time = _time,
        };
        _model = _definition.Create(context);
        await _model.LoadAsync(context, cancellationToken).ConfigureAwait(false);
        var loaded = LoadedModel.From(_model, _definition, _settings);
        var endpoint = new InferEndpoint(loaded, _workers, _settings, _time);
        _workers.Start(_model);
        _routes.Open(new ContractRoutes.ReadyRoutes(loaded.Metadata, endpoint.HandleAsync, AuthorRoutes()));
        _state.TryBecomeReady();
    }

    /// <summary>Refuses new work, finishes what runs, stops listening. The listener stays open until the batches are done, so that health can say "not ready" meanwhile.</summary>
    /// <returns>False if it took longer than the settings allow; what still runs is given up then.</returns>
    public async Task<bool> DrainAsync()
    {
        using var limit = new CancellationTokenSource(_settings.Drain, _time);
        try
        {
            await _state.Drain().WaitAsync(limit.Token).ConfigureAwait(false);
            await _app.StopAsync(limit.Token).ConfigureAwait(false);
            return !limit.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _workers.Stop();
        await _app.DisposeAsync().ConfigureAwait(false);
        switch (_model)
        {
            case IAsyncDisposable model:
                await model.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable model:
                model.Dispose();
                break;
        }
    }

    private RequestDelegate? AuthorRoutes()
    {
        if (_model is not IModelRoutes own)
        {
            return null;
        }

        var pipeline = new ApplicationBuilder(_app.Services);
        pipeline.UseRouting();
        pipeline.UseEndpoints(own.MapRoutes);
        return pipeline.Build();
    }

    private static WebApplication Build(EndPoint endpoint, TextWriter log, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(new LineLoggerProvider(log)).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddRoutingCore();
        // Signals are ContainerHost's: the default lifetime would take them for itself.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(time);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            // BodyReader has the limit: Kestrel's own would answer without the contract's error text.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
