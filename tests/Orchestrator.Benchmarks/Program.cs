using System.Runtime.InteropServices;

using Orchestrator.Benchmarks;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Benchmarks.Suites;

switch (args)
{
    case ["bare-kestrel"]:
        await BareKestrel.RunAsync();
        return 0;
    case ["list"]:
        Console.WriteLine(string.Join('\n', AllBenchmarks.List.Where(b => b is not SoakBenchmark).Select(b => b.Name)));
        return 0;
    case ["bare-yarp", var destination]:
        await BareYarp.RunAsync(destination);
        return 0;
}

var options = BenchmarkOptions.Read(args, out var error);
if (options is null)
{
    await Console.Error.WriteLineAsync(error);
    return 2;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    // What was started must be ended first: the process ends by itself once that is done.
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await BenchmarkProgram.RunAsync(options, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("interrupted; everything it had started has been ended");
    return 130;
}
catch (BenchmarkException e)
{
    await Console.Error.WriteLineAsync("error: " + e.Message);
    return 1;
}
