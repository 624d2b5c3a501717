using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Container;

/// <summary>Runs a container program: the whole of docs/container-contract.md around one <see cref="IModel"/>.</summary>
public static partial class ContainerHost
{
    private const int ExitConfiguration = 2;
    private const int ExitLoad = 3;
    private const int ExitSignal = 128;

    /// <summary>Serves until a signal ends it; settings come from the environment.</summary>
    /// <param name="name">Name of the program, as in <c>GET /v2</c>.</param>
    /// <param name="create">Makes the model; <see cref="IModel.LoadAsync"/> is called on it afterwards.</param>
    /// <returns>The exit code: 0 after a drain, 2 for a wrong variable or option, 3 if the model cannot be loaded. Return it from <c>Main</c>.</returns>
    public static Task<int> RunAsync(string name, Func<ModelContext, IModel> create) =>
        RunAsync(new ContainerDefinition { Name = name, Create = create });

    /// <inheritdoc cref="RunAsync(string, Func{ModelContext, IModel})"/>
    /// <param name="definition">The program.</param>
    /// <remarks>A program that was started with the one argument <c>health</c> serves nothing: it asks the container of the same environment and ends with 0 if that is live.</remarks>
    public static Task<int> RunAsync(ContainerDefinition definition) =>
        RunAsync(definition, Environment.GetCommandLineArgs()[1..], Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System);

    internal static async Task<int> RunAsync(
        ContainerDefinition definition, IReadOnlyList<string> arguments, Func<string, string?> variable, TextWriter log, TimeProvider time)
    {
        try
        {
            var settings = SettingsReader.Read(variable);
            return arguments is [HealthQuestion.Argument]
                ? await HealthQuestion.AskAsync(settings, time).ConfigureAwait(false)
                : await RunAsync(definition, settings, log, time).ConfigureAwait(false);
        }
        catch (ConfigurationException wrong)
        {
            return Fatal(log, wrong.Message, ExitConfiguration);
        }
    }

    private static async Task<int> RunAsync(ContainerDefinition definition, ContainerSettings settings, TextWriter log, TimeProvider time)
    {
        using var signals = new Signals();
        try
        {
            var container = await RunningContainer.StartAsync(definition, settings, log, time).ConfigureAwait(false);
            Log.Listening(container.Logger, container.Address, settings.Model, settings.Version);
            var signal = await ServeAsync(container, signals).ConfigureAwait(false);
            Log.Draining(container.Logger, signal, settings.Drain.TotalSeconds);
            await EndAsync(container, settings).ConfigureAwait(false);
            return 0;
        }
#pragma warning disable CA1031 // The edge of the process: whatever the author's loading throws becomes its last line and its exit code.
        catch (Exception failure) when (failure is not ConfigurationException)
#pragma warning restore CA1031
        {
            await log.WriteLineAsync(failure.ToString()).ConfigureAwait(false);
            return Fatal(log, failure is ModelLoadException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}", ExitLoad);
        }
    }

    /// <summary>Loads the model, then waits.</summary>
    /// <returns>The signal that ends it.</returns>
    private static async Task<string> ServeAsync(RunningContainer container, Signals signals)
    {
        using var stop = new CancellationTokenSource();
        // Loading may block for minutes and cannot be interrupted, so it gets a thread that the end of the process does not wait for.
        var loading = Task.Factory.StartNew(() => container.LoadAsync(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        if (await Task.WhenAny(loading, signals.First).ConfigureAwait(false) == loading)
        {
            await loading.ConfigureAwait(false);
            Log.Ready(container.Logger);
        }

        var signal = await signals.First.ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return signal;
    }

    private static async Task EndAsync(RunningContainer container, ContainerSettings settings)
    {
        if (await container.DrainAsync().ConfigureAwait(false))
        {
            await container.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            Log.DrainTooLong(container.Logger, settings.Drain.TotalSeconds);
        }
    }

    /// <summary>One line, whatever the text holds: the orchestrator looks for it.</summary>
    private static int Fatal(TextWriter log, string text, int exitCode)
    {
        log.WriteLine($"FATAL: {string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}");
        log.Flush();
        return exitCode;
    }

    /// <summary>The first signal begins the drain, the second ends the process at once.</summary>
    private sealed class Signals : IDisposable
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly PosixSignalRegistration[] _registrations;

        public Signals() =>
            _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take), PosixSignalRegistration.Create(PosixSignal.SIGINT, Take)];

        public Task<string> First => _first.Task;

        public void Dispose()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }
        }

        private void Take(PosixSignalContext context)
        {
            context.Cancel = true;
            if (!_first.TrySetResult(context.Signal.ToString()))
            {
                Environment.Exit(ExitSignal + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Information, "listening on {Address}, model {Model} version {Version}", EventName = "Listening")]
        public static partial void Listening(ILogger logger, string address, string model, string version);

        [LoggerMessage(11, LogLevel.Information, "ready", EventName = "Ready")]
        public static partial void Ready(ILogger logger);

        [LoggerMessage(12, LogLevel.Information, "{Signal}: draining for up to {Seconds} s", EventName = "Draining")]
        public static partial void Draining(ILogger logger, string signal, double seconds);

        [LoggerMessage(13, LogLevel.Warning, "the drain took more than {Seconds} s, what still runs is given up", EventName = "DrainTooLong")]
        public static partial void DrainTooLong(ILogger logger, double seconds);
    }
}
