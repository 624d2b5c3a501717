using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orchestrator.Host.Options;
using Orchestrator.Host.Telemetry;

namespace Orchestrator.Host.Composition;

/// <summary>
/// One HTTP port with a web application of its own. Two surfaces share the process and its singletons but neither routes nor limits: an admin route cannot be reached
/// through the query port, whatever is mapped where.
/// </summary>
internal abstract partial class Surface(IServiceProvider core, SurfacePort port, ILogger logger) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;
    private bool _stopped;

    /// <summary>Where it listens, once started; with the real port if any free one was asked for.</summary>
    public Uri Address { get; private set; } = new("http://unstarted.invalid/");

    /// <summary>Services of the surface alone, once started.</summary>
    internal IServiceProvider Services => _app?.Services ?? throw new InvalidOperationException($"The {port.Name} was not started.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _app = Build();
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException exception) when (exception.GetBaseException() is SocketException)
        {
            throw new SurfaceException($"The {port.Name} cannot listen on {port.Host}:{port.Port}: {exception.GetBaseException().Message}. Stop what uses the port, or choose another one: {port.Option}.", exception);
        }

        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Log.Listening(logger, port.Name, Address);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null && !_stopped)
        {
            _stopped = true;
            await _app.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            // When another part did not start nothing was stopped: a request under way would meet disposed services.
            await StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }
    }

    /// <summary>Whether what it does with a request before it waits for something is so little that the thread which polls the sockets may do it.</summary>
    protected virtual bool TakesRequestsInline => false;

    protected abstract void ConfigureServices(IServiceCollection services);

    protected abstract void ConfigureLimits(KestrelServerLimits limits);

    protected abstract void Configure(WebApplication app);

    /// <summary>Makes a singleton of the process available in this surface; it stays the process's to dispose.</summary>
    protected void Share<T>(IServiceCollection services) where T : class => services.AddSingleton(core.GetRequiredService<T>());

    /// <summary>A singleton of the process, where one is needed to configure the surface.</summary>
    protected T Core<T>() where T : class => core.GetRequiredService<T>();

    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Orchestrator.Host", EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = TakesRequestsInline && SocketCompletions.AreInline);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            ConfigureLimits(kestrel.Limits);
            Listen(kestrel);
        });
        builder.Services.AddRouting();
        Share<ILoggerFactory>(builder.Services);
        Share<TimeProvider>(builder.Services);
        Share<HostOptions>(builder.Services);
        builder.Services.AddSingleton<IHostLifetime, ProcessOwnedLifetime>();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = Core<HostOptions>().DrainTimeout);
        ConfigureServices(builder.Services);
        var app = builder.Build();
        if (TelemetryService.ExportsSpans)
        {
            app.Use(RequestSpans.Describe);
        }

        Configure(app);
        return app;
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        // Without TLS HTTP/2 could not be negotiated; browsers and every OIP client speak 1.1.
        void Configure(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
        if (IPAddress.TryParse(port.Host, out var address))
        {
            kestrel.Listen(address, port.Port, Configure);
        }
        else
        {
            kestrel.ListenLocalhost(port.Port, Configure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5000, Level = LogLevel.Information, Message = "The {Surface} listens on {Address}")]
        public static partial void Listening(ILogger logger, string surface, Uri address);
    }
}

/// <summary>Where a surface listens.</summary>
/// <param name="Name">What is there, for people.</param>
/// <param name="Host">An address of this machine.</param>
/// <param name="Port">0: any free one.</param>
/// <param name="Option">What sets the port, for people.</param>
internal sealed record SurfacePort(string Name, string Host, int Port, string Option)
{
    public static SurfacePort Admin(HostOptions options) => new("admin API", options.AdminHost, options.AdminPort, "--admin-port");

    public static SurfacePort Queries(string name, HostOptions options) => new(name, options.QueryHost, options.QueryPort, "--url-port of orch up, --query-port of the host itself");
}

/// <summary>A port cannot be had; the message says which, why and what to do.</summary>
internal sealed class SurfaceException(string message, Exception innerException) : Exception(message, innerException);
