using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Host.Options;
using Orchestrator.Host.Rehearsals;

namespace Orchestrator.Host.Composition;

/// <summary>From command line to exit code: 0 ended as asked, 1 could not start or run, 2 the options are wrong.</summary>
internal static partial class HostProgram
{
    private const int Failed = 1;
    private const int Misused = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["--help" or "-h"])
        {
            await Console.Out.WriteAsync(HostOptionsReader.Usage);
            return 0;
        }

        var errors = new List<string>();
        var options = HostOptionsReader.Read(arguments, Environment.GetEnvironmentVariable, errors);
        HostOptionsValidator.Validate(options, errors);
        if (errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join('\n', errors));
            await Console.Error.WriteAsync(HostOptionsReader.Usage);
            return Misused;
        }

        try
        {
            var missed = options.HasFrontend ? await Rehearsal.RunAsync(options, CancellationToken.None) : null;
            using var host = OrchestratorHost.Build(options);
            if (missed is not null)
            {
                Log.NotRehearsed(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Rehearsal)), missed);
            }

            var lease = host.Services.GetService<IControlLease>();
            await host.RunAsync();
            if (lease is { Lost: { IsCompletedSuccessfully: true } lost })
            {
                await Console.Error.WriteLineAsync($"FATAL: another control plane took over ({await lost}), and this one ended. Started again, it stands by.");
                return Failed;
            }

            return 0;
        }
        catch (Exception exception) when (exception is SurfaceException or RegistryException or ArtefactStoreException or ContainerManifestException or ContainerStartException)
        {
            // These say what to do; a stack trace would only hide it.
            await Console.Error.WriteLineAsync("FATAL: " + exception.Message);
            return Failed;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5010, EventName = "NotRehearsed", Level = LogLevel.Warning, Message = "The first requests may be slow: the rehearsal before the start failed: {Problem}")]
        public static partial void NotRehearsed(ILogger logger, string problem);
    }
}
