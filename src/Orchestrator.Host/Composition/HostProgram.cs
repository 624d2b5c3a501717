using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Host.Options;

namespace Orchestrator.Host.Composition;

/// <summary>From command line to exit code: 0 ended as asked, 1 could not start or run, 2 the options are wrong.</summary>
internal static class HostProgram
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
            using var host = OrchestratorHost.Build(options);
            await host.RunAsync();
            return 0;
        }
        catch (Exception exception) when (exception is SurfaceException or RegistryException or ArtefactStoreException or ContainerManifestException)
        {
            // These say what to do; a stack trace would only hide it.
            await Console.Error.WriteLineAsync("FATAL: " + exception.Message);
            return Failed;
        }
    }
}
