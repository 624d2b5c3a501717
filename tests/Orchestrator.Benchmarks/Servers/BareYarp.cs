using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Configuration;

namespace Orchestrator.Benchmarks.Servers;

/// <summary>YARP with one route to one destination and nothing else: what a proxy of this kind costs before it does anything for a prediction.</summary>
internal static class BareYarp
{
    /// <summary>Serves on a free loopback port, which it prints, until it is asked to end.</summary>
    public static async Task RunAsync(string destination)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var route = new RouteConfig { RouteId = "all", ClusterId = "one", Match = new RouteMatch { Path = "{**rest}" } };
        var cluster = new ClusterConfig { ClusterId = "one", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = destination } } };
        builder.Services.AddRouting();
        builder.Services.AddReverseProxy().LoadFromMemory([route], [cluster]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        Console.WriteLine("listens on " + app.Urls.First());
        await app.WaitForShutdownAsync();
    }
}
